import Model
import TestSupport
import Testing

@testable import Resolution

/// What is said of sets that cannot be solved, on record in `Snapshots/conflicts.txt`.
@Suite struct ConflictWordsTests {
  private static func member(
    _ label: String, _ line: Int? = nil, kind: Conflict.Member.Kind = .module, _ requirement: String = "alpha"
  ) -> Conflict.Member {
    Conflict.Member(
      kind: kind, label: label, location: line.map { SourceLocation(file: "config.yml", line: $0, column: 3) },
      requirement: requirement)
  }

  private func claim(_ member: Conflict.Member, _ requirement: String, _ path: String...) throws -> Conflict.Claim {
    let parsed = try RequirementParser.parse(requirement)
    let steps = try path.map {
      NeedGraph.Step(name: try #require(PackageName($0)), version: "1.0")
    }
    return Conflict.Claim(
      member: member, name: parsed.name, need: NeedGraph.Need(specifiers: parsed.specifiers, path: steps))
  }

  private func candidate(_ version: String, _ reasons: String...) throws -> Explanation.Candidate {
    Explanation.Candidate(version: try #require(Version(version)), reasons: reasons)
  }

  @Test func words() throws {
    let summarise = Self.member("links.summarise", 31)
    let archive = Self.member("storages.archive", 58)
    let git = Self.member(
      "links.mine", 40, kind: .directModule(source: "git+https://host/mine.git"), "git+https://host/mine.git")
    let constraint = Self.member("spec.constraints", 4, kind: .constraint, "core<2")
    let override = Self.member("spec.overrides", 5, kind: .override, "core==7")
    let base = Self.member("the base", kind: .base(path: "/srv/app/venv"), "core 1.10")
    let major = Self.member("spec.lock.update: minor", kind: .major, "core<2,>=1")
    let held = Self.member("what is held back", kind: .held, "core==1.5")
    var record = ComplaintRecord()
    func add(
      _ title: String, isOneOfSeveral: Bool = false, _ members: [Conflict.Member], _ finding: Conflict.Finding,
      isMinimal: Bool = true,
      isWhatever: Bool = true, remedies: [Remedy] = [], without: [String] = [], endedAfter: Int? = nil
    ) {
      var conflict = Conflict(
        members: members, isMinimal: isMinimal, finding: finding, isWhatever: isWhatever,
        words: "Because core<2\nand core>=2, there is none.", remedies: remedies, endedAfter: endedAfter)
      (conflict.without, conflict.isOneOfSeveral) = (without, isOneOfSeveral)
      record.add(title, [conflict.diagnostic])
    }
    let both = [
      try claim(summarise, "core<2", "summarise", "text"), try claim(archive, "core>=2.4", "archive"),
    ]
    add(
      "two modules", [summarise, archive], .disputed(both),
      remedies: [
        .anyVersion(module: "links.summarise", requirement: "summarise", taken: "summarise 3.0"),
        .leaveOut(["links.summarise", "storages.archive"]),
      ])
    add("as far as was looked", [summarise, archive], .disputed(both), isWhatever: false)
    add(
      "three modules, nothing helps", [summarise, archive, git],
      .disputed(both + [try claim(git, "core==2.1")]))
    add(
      "the base", [summarise, base], .disputed([both[1], try claim(base, "core==1.10")]),
      remedies: [.otherBase(taken: "core 2.5")])
    add(
      "a constraint", [archive, constraint], .disputed([both[1], try claim(constraint, "core<2")]),
      remedies: [.without(entry: "spec.constraints (config.yml:4:3)", requirement: "core<2", taken: "core 2.5")])
    add(
      "a major version", [archive, major], .disputed([both[1], try claim(major, "core>=1,<2")]),
      remedies: [.otherMajor(taken: "core 2.5")])
    add("a module that is held back", [archive, held], .disputed([both[1], try claim(held, "core==1.5")]))
    add("an override", [archive, override], .absent(try claim(override, "core==7"), [try candidate("2.5")]))
    add(
      "a module alone", [summarise],
      .absent(try claim(summarise, "core>=9"), try ["3", "2", "1.2", "1.1", "1.0", "0.9"].map { try candidate($0) }))
    add(
      "no version will do", [summarise],
      .absent(
        try claim(summarise, "core>=2", "summarise"),
        try ["2.7", "2.6", "2.5", "2.4", "2.3", "2.2"].map { try candidate($0, "it was yanked") } + [
          try candidate("2.1")
        ]),
      remedies: [.withoutRule("the rule is `policy.excludeNewer: 7d` at host.yaml:4:3", taken: "core 2.5")])
    add("nobody has it", [summarise], .absent(try claim(summarise, "core>=2", "summarise"), []))
    add(
      "a pre-release", [summarise],
      .absent(try claim(summarise, "core>=2"), [try candidate("2.0rc1"), try candidate("1.0")]),
      remedies: [.prerelease(module: "links.summarise", requirement: "core>=2.0rc1", taken: "core 2.0rc1")])
    add(
      "another Python", [summarise],
      .python(
        try claim(summarise, "core>1", "summarise", "core"), try #require(VersionSpecifiers(">=4")), running: "3.11"))
    add(
      "others at fault", [summarise], .absent(try claim(summarise, "core>=9"), [try candidate("3")]),
      remedies: [.leaveOut(["links.summarise"])], without: ["links.a", "links.b", "links.c"])
    add(
      "nothing helps, with others at fault", isOneOfSeveral: true, [summarise],
      .absent(try claim(summarise, "core>=9"), [try candidate("3")]))
    var brought = try claim(git, "core==2.1")
    brought.origin = Conflict.Origin(source: "git+https://host/core.git@v2.1", bringers: ["mine", "other"])
    add("what is brought along", [archive, git], .disputed([both[1], brought]))
    add(
      "an override in its place", [git, override], .absent(try claim(override, "core==7"), []),
      remedies: [
        .insteadBrought(entry: "spec.overrides (config.yml:5:3)", requirement: "core==7", bringer: "mine 1.0"),
        .leaveOut(["links.mine"]),
      ])
    add("it was not found out", [summarise, git, constraint, override, base, major, held], .unknown)
    add("not the fewest", [summarise, archive], .unknown, isMinimal: false, endedAfter: 25)
    add("not all was tried", [summarise, archive], .disputed(both), endedAfter: 25)
    #expect(try record.isOnRecord(as: "conflicts", beside: #filePath))
  }

  @Test func threeRemediesAtMostAndLeavingOutLast() {
    let others = (1...4).map { Remedy.otherBase(taken: "core \($0)") }
    let last = Remedy.leaveOut(["links.a"])
    #expect(Remedy.best(others) == Array(others.prefix(3)))
    #expect(Remedy.best(others + [last]) == Array(others.prefix(2)) + [last])
    #expect(Remedy.best([last]) == [last] && Remedy.best([]) == [])
  }
}
