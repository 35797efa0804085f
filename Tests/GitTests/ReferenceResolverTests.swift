import GitWire
import Model
import Testing

@testable import Git

@Suite struct ReferenceResolverTests {
  @Test(arguments: [
    (">=1.2,<2", "v1.10.0"), ("~=1.2.0", "1.2.9"), ("<1", "v0.9"), (">=2.0rc1", "v2.0rc2"), ("==1.2.9", "1.2.9"),
    (">=3", nil), (">=2", nil),
  ])
  func takesTheNewestTagOfARange(range: String, tag: String?) throws {
    let tags = ["v0.9", "v1.2.0", "1.2.9", "v1.10.0", "v2.0rc1", "v2.0rc2", "nightly", "release-5.0"]
    var commits = Dictionary(uniqueKeysWithValues: tags.map { ("refs/tags/\($0)", "commit of \($0)") })
    commits["refs/heads/1.99"] = "a branch"
    let references = RemoteReferences(commits: commits, headTarget: nil, headCommit: nil)
    let outcome = ReferenceResolver.newest(in: try VersionSpecifiers(parsing: range), of: references)
    if let tag {
      #expect(outcome == .resolved(ResolvedReference(commit: "commit of \(tag)", isFollowed: true)))
    } else {
      #expect(outcome == .absent(near: ["v2.0rc2", "v2.0rc1", "v1.10.0"]))
    }
  }

  private static let references = RemoteReferences(
    commits: [
      "refs/heads/main": id("a"), "refs/heads/develop": id("b"), "refs/heads/both": id("c"),
      "refs/heads/abcdef1": id("d"),
      "refs/heads/feature/x": id("e"), "refs/tags/v1.2.3": id("1"), "refs/tags/v1.2.4": id("2"),
      "refs/tags/both": id("3"),
      "refs/pull/7/head": id("7"),
    ], headTarget: "refs/heads/main", headCommit: id("a"))

  private static func id(_ digit: Character) -> String { String(repeating: digit, count: 40) }

  private static func resolved(_ digit: Character, followed: Bool) -> ReferenceResolver.Outcome {
    .resolved(ResolvedReference(commit: id(digit), isFollowed: followed))
  }

  @Test(
    arguments: [
      (nil, resolved("a", followed: true)),
      ("HEAD", resolved("a", followed: true)),
      ("main", resolved("a", followed: true)),
      ("feature/x", resolved("e", followed: true)),
      ("v1.2.3", resolved("1", followed: false)),
      ("refs/heads/both", resolved("c", followed: true)),
      ("refs/tags/both", resolved("3", followed: false)),
      ("refs/pull/7/head", resolved("7", followed: true)),
      ("heads/both", resolved("c", followed: true)),
      ("tags/both", resolved("3", followed: false)),
      ("both", .ambiguous),
      // A name wins over the beginning of a commit's id.
      ("abcdef1", resolved("d", followed: true)),
      ("abcdef2", .abbreviated("abcdef2")),
      ("ABCDEF2345", .abbreviated("abcdef2345")),
      // Too short for an id.
      ("abcdef", .absent(near: ["abcdef1"])),
      (String(repeating: "F", count: 40), resolved("f", followed: false)),
      ("1.2.3", .absent(near: ["v1.2.3", "v1.2.4"])),
      ("devlop", .absent(near: ["develop"])),
      ("Main", .absent(near: ["main"])),
      ("refs/heads/mian", .absent(near: ["refs/heads/main"])),
      ("nothing-like-it", .absent(near: [])),
    ] as [(String?, ReferenceResolver.Outcome)])
  func resolves(_ reference: String?, to outcome: ReferenceResolver.Outcome) {
    #expect(ReferenceResolver.resolve(reference, in: Self.references) == outcome)
  }

  @Test func followsADetachedHead() {
    let references = RemoteReferences(commits: ["refs/heads/main": Self.id("a")], headCommit: Self.id("9"))
    #expect(ReferenceResolver.resolve(nil, in: references) == Self.resolved("9", followed: true))
  }

  @Test func saysWhatThereIsWhenHeadNamesNothing() {
    let references = RemoteReferences(commits: ["refs/heads/trunk": Self.id("a")], headTarget: "refs/heads/main")
    #expect(ReferenceResolver.resolve(nil, in: references) == .absent(near: ["trunk"]))
  }

  @Test(arguments: [nil, "HEAD", "main"] as [String?])
  func knowsAnEmptyRepository(_ reference: String?) {
    #expect(ReferenceResolver.resolve(reference, in: RemoteReferences(commits: [:])) == .empty)
  }

  @Test func countsInWords() {
    #expect(ReferenceResolver.census(of: Self.references) == "it has 5 branches and 3 tags")
    #expect(
      ReferenceResolver.census(of: RemoteReferences(commits: ["refs/heads/a": "", "refs/tags/b": ""]))
        == "it has 1 branch and 1 tag")
  }
}
