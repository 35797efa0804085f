import FoundationEssentials
import Testing

@testable import Model

@Suite struct GenerationRecordTests {
  private let entries = [
    GenerationEntry(path: "bin", kind: .directory, target: ""),
    GenerationEntry(path: "bin/python", kind: .link, target: "/usr/bin/python3.11"),
    GenerationEntry(path: "links/a b", kind: .link, target: "../../../../../store/aa/tree/a b"),
    GenerationEntry(path: "start.py", kind: .file, target: "123:456"),
    GenerationEntry(path: "lib/ü\n\"x\"", kind: .directory, target: ""),
  ]

  @Test func entriesSurviveTheirText() {
    #expect(GenerationEntry.list(of: GenerationEntry.text(of: entries)) == entries)
    #expect(GenerationEntry.list(of: "") == [])
    #expect(GenerationEntry.list(of: "nonsense//without//end") == [])
  }

  @Test(arguments: [
    DistributionIdentity.wheel(sha256: "aa"), .sdist(sha256: "bb"), .git(commit: "cc", subdirectory: nil),
    .git(commit: "cc", subdirectory: "packages/a:b"),
    .archive(sha256: "dd", subdirectory: nil), .archive(sha256: "dd", subdirectory: "a:b"),
    .directory(digest: "ee", subdirectory: nil), .directory(digest: "ee", subdirectory: "packages/one"),
  ])
  func identitiesSurviveTheirText(_ identity: DistributionIdentity) throws {
    let text = try #require(JSONNode(Array(try JSONEncoder().encode(identity)))?.string)
    #expect(DistributionIdentity(text) == identity)
  }

  private func record() -> GenerationRecord {
    var interpreter = Fixture.interpreter
    interpreter.identity.inode = .max
    return GenerationRecord(
      number: 7, environment: "default", createdAt: 1, lockDigest: "sha256:1", inputsDigest: "sha256:2",
      settingsDigest: "sha256:3", interpreter: interpreter, base: "/opt/venv", baseSites: ["/opt/venv/lib"],
      pythonPath: ["/app"],
      distributions: [
        InstalledDistribution(
          name: Fixture.name("alpha"), version: "1.0", identity: .wheel(sha256: "aa"), storeKey: "aa",
          modules: ["links.a"])
      ],
      modules: [
        InstalledModule(
          name: "a", section: .links, module: "alpha.main", answer: .distribution, distribution: Fixture.name("alpha"),
          version: "1.0", commit: "cc"),
        InstalledModule(
          name: "b", section: .storages, module: "storage.b", answer: .provided, distribution: nil, version: nil,
          commit: nil),
      ], entries: entries)
  }

  @Test func aRecordSurvivesItsText() throws {
    var record = record()
    for base in ["/opt/venv", nil] {
      record.base = base
      let tree = try #require(JSONNode(Array(try JSONEncoder().encode(record))))
      #expect(GenerationRecord(tree) == record)
    }
  }

  @Test func whatIsNoRecordIsNotRead() throws {
    guard case .object(let members)? = JSONNode(Array(try JSONEncoder().encode(record()))) else {
      Issue.record("a record is no object")
      return
    }
    #expect(GenerationRecord(.object([])) == nil)
    for index in members.indices where members[index].name != "base" {
      var without = members
      without.remove(at: index)
      #expect(GenerationRecord(.object(without)) == nil, "without \(members[index].name)")
      var other = members
      other[index].value = .boolean(true)
      #expect(GenerationRecord(.object(other)) == nil, "with another \(members[index].name)")
    }
    var newer = members
    for index in newer.indices where newer[index].name == "formatVersion" { newer[index].value = .number("2") }
    #expect(GenerationRecord(.object(newer)) == nil)
  }

  @Test(arguments: [
    (
      "git+file:///srv/git/link.git@main#subdirectory=a/b", "/srv/app",
      "git+file:../git/link.git@main#subdirectory=a/b"
    ),
    ("file:///srv/app/vendor/x.git", "/srv/app", "file:vendor/x.git"),
    ("my-link @ git+file:///srv/git/link.git", "/srv/my app", "my-link @ git+file:../git/link.git"),
    ("git+https://git.example.com/a.git@main", "/srv/app", "git+https://git.example.com/a.git@main"),
    ("requests>=2", "/srv/app", "requests>=2"),
    (
      "link --find-links file:///srv/wheels --find-links file:///srv/app/more%20wheels --pre", "/srv/app",
      "link --find-links file:../wheels --find-links file:more%20wheels --pre"
    ),
    (
      "link @ file:///srv/app/link-1.0.zip#sha256=aa ; os_name == \"a/b\" --no-deps", "/srv/app",
      "link @ file:link-1.0.zip#sha256=aa ; os_name == \"a/b\" --no-deps"
    ),
    ("file:///srv/app", "/srv/app", "file:."),
    ("https://example.com/file:///x.zip", "/srv/app", "https://example.com/file:///x.zip"),
  ])
  func localReferencesAreRelative(_ text: String, _ directory: String, _ relative: String) {
    #expect(LocalReference.relative(text, to: directory) == relative)
    #expect(LocalReference.absolute(relative, from: directory) == text)
  }
}
