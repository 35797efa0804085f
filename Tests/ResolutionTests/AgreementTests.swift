import Model
import TestSupport
import Testing

@testable import Resolution

@Suite("A solution held against what everybody in it asks for")
struct AgreementTests {
  private static func name(_ text: String) throws -> PackageName { try #require(PackageName(text)) }

  private static func root(_ label: String, _ asked: String, line: Int) throws -> Agreement.Root {
    let requirement = try RequirementParser.parse(asked)
    let location = SourceLocation(file: "config.yml", line: line, column: 3)
    return Agreement.Root(
      module: Module(name: label, section: .links, importPath: label, requirement: .absent, location: location),
      name: requirement.name, extras: requirement.extras, specifiers: requirement.specifiers)
  }

  /// `roots` are what modules ask for; `there` what was resolved: `helper 1.0`, with what it requires behind colons.
  private static func agreement(
    _ roots: [String], _ there: [String], base: [String] = [], overridden: [String] = []
  ) throws -> Agreement {
    var agreement = Agreement(
      roots: try roots.enumerated().map { try root("m\($0.offset)", $0.element, line: $0.offset + 2) }, versions: [:],
      metadata: [:], markers: ["python_version": "3.11", "python_full_version": "3.11.4", "sys_platform": "linux"])
    for text in base {
      let words = text.split(separator: " ").map(String.init)
      agreement.base[try name(words[0])] = words[1]
      agreement.versions[try name(words[0])] = words[1]
    }
    for text in there {
      let parts = text.split(separator: ":").map(String.init)
      let words = parts[0].split(separator: " ").map(String.init)
      let lines = parts.dropFirst().map { "Requires-Dist: \($0)\n" }.joined()
      agreement.versions[try name(words[0])] = words[1]
      agreement.metadata[try name(words[0])] = DistributionMetadata("Name: \(words[0])\nVersion: \(words[1])\n\(lines)")
    }
    agreement.overridden = Set(try overridden.map(name))
    agreement.basePath = "/opt/venv"
    return agreement
  }

  private static func request(_ name: String, for roots: [Agreement.Root]) throws -> DirectRequest {
    let url = RemoteURL(scheme: "https", host: "git.example.com", path: "/\(name).git")
    return DirectRequest(source: .git(GitSource(url: url, reference: "v1")), modules: roots.map(\.module))
  }

  @Test(
    arguments: [
      // Roots, what is there, what the base has, what is overridden; and whether that is as everybody asks.
      (["a"], ["a 1.0:b>=1", "b 1.0"], [], [], true),
      (["a"], ["a 1.0:b>=2", "b 1.0"], [], [], false),
      (["a"], ["a 1.0:b>=2", "b 1.0"], [], ["b"], true),
      (["a"], ["a 1.0:b"], [], [], false),
      (["a"], ["a 1.0:b"], [], ["b"], false),
      (["a"], ["a 1.0:b>=1"], ["b 1.5+local"], [], true),
      (["a"], ["a 1.0:b>=2"], ["b 1.5+local"], [], false),
      (["a"], ["a 1.0:b>=2; extra == 'x'", "b 1.0"], [], [], true),
      (["a[x]"], ["a 1.0:b>=2; extra == 'x'", "b 1.0"], [], [], false),
      (["a"], ["a 1.0:b>=2; sys_platform == 'win32'", "b 1.0"], [], [], true),
      // A pre-release that was chosen will do, and so will a local version.
      (["a"], ["a 1.0:b>=2", "b 3.0a1"], [], [], true),
      (["a"], ["a 1.0:b==2", "b 2+local"], [], [], true),
      // What is asked for by a place has no version to be held to.
      (["a"], ["a 1.0:b @ https://example.com/b.whl", "b 1.0"], [], [], true),
      // The resolver takes the Python for its minor version's first.
      (["a"], ["a 1.0:b; python_full_version >= '3.11.3'"], [], [], true),
      (["a>=2"], ["a 1.0"], [], [], false),
      (["a"], [], [], [], false),
      // Nobody asks for what nobody leads to.
      (["a"], ["a 1.0", "c 1.0:b>=2", "b 1.0"], [], [], true),
      // A circle ends.
      (["a"], ["a 1.0:b", "b 1.0:a>=1"], [], [], true),
    ] as [([String], [String], [String], [String], Bool)])
  func whatHolds(_ roots: [String], _ there: [String], _ base: [String], _ overridden: [String], _ holds: Bool) throws {
    let agreement = try Self.agreement(roots, there, base: base, overridden: overridden)
    if holds {
      try agreement.holds()
    } else {
      let failure = #expect(throws: Failure.self) { try agreement.holds() }
      #expect(failure?.diagnostics.map(\.code) == [.unsolvable])
      #expect(failure?.diagnostics.first?.modules == ["links.m0"])
    }
  }

  @Test func aReferenceOverTheBaseIsNoContradictionInTheSameVersionAlone() throws {
    for (version, holds) in [("1.0", true), ("1", true), ("1.0+local", false), ("2.0", false)] {
      var agreement = try Self.agreement(["helper"], ["helper \(version)"])
      agreement.base = [try Self.name("helper"): "1.0"]
      agreement.requests = [try Self.name("helper"): try Self.request("helper", for: agreement.roots)]
      if holds { try agreement.holds() } else { #expect(throws: Failure.self) { try agreement.holds() } }
    }
  }

  @Test func whatAnotherSolutionHasToHoldTo() throws {
    let agreement = try Self.agreement(
      ["a", "b", "c>=5"], ["a 1.0:d>=2", "b 1.0:a", "c 1.0", "d 1.0", "e 1.0:d>=3"])
    let disagreement = #expect(throws: Agreement.Disagreement.self) { try agreement.check() }
    // A module that asks by itself asks for nothing else; to `e` nobody leads.
    #expect(
      disagreement?.limits == [
        QuestionParts.Limit(need: "c>=5", modules: ["links.m2"]),
        QuestionParts.Limit(need: "d>=2", otherwise: "a!=1.0", modules: ["links.m0", "links.m1"]),
      ])
  }

  @Test func whoLeadsThereIsKnown() throws {
    let agreement = try Self.agreement(["a", "b", "c"], ["a 1.0:d", "b 1.0:a", "c 1.0", "d 1.0"])
    #expect(agreement.askers(of: try Self.name("d")).map(\.label) == ["links.m0", "links.m1"])
  }

  @Test func complaints() throws {
    var record = ComplaintRecord()
    var brought = try Self.agreement(
      ["m-a", "m-b", "m-c"],
      [
        "m-a 1.0:helper @ https://git.example.com", "m-b 1.0:m-d", "m-d 1.0:helper>=2", "m-c 1.0:helper>=3",
        "helper 1.0",
      ])
    var request = try Self.request("helper", for: [brought.roots[0]])
    request.bringers = [try Self.name("m-a")]
    request.name = try Self.name("helper")
    brought.requests = [try Self.name("helper"): request]
    try record.add("others need another version than a reference that is brought along") { try brought.holds() }
    try record.add("the base's version will not do") {
      try Self.agreement(["m-a"], ["m-a 1.0:helper>=2"], base: ["helper 1.0"]).holds()
    }
    var declared = try Self.agreement(["helper"], ["helper 2.0"])
    declared.base = [try Self.name("helper"): "1.0"]
    declared.requests = [try Self.name("helper"): try Self.request("helper", for: declared.roots)]
    try record.add("a reference in place of what the base has") { try declared.holds() }
    try record.add("something is not there") { try Self.agreement(["m-a"], ["m-a 1.0:m-b", "m-b 1.0:helper"]).holds() }
    let built = try Self.agreement(["m-a", "m-b"], ["m-a 1.0:helper", "helper 1.0", "m-b 1.0"])
    record.add(
      "a package that cannot be built",
      built.blamed(
        for: [
          try Self.name("helper"): Failure(
            .buildFailed, "the wheel could not be built", because: "no libfoo", hint: Failure.wayAroundBuild)
        ]
      ).diagnostics)
    #expect(try record.isOnRecord(as: "agreement", beside: #filePath))
  }
}

extension Agreement {
  /// Checks as everybody but a resolver does.
  fileprivate func holds() throws(Failure) {
    do {
      try check()
    } catch {
      throw error.failure
    }
  }
}
