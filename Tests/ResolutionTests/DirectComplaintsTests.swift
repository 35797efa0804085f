import Model
import Network
import Platform
import TestSupport
import Testing

@testable import Resolution

/// Every complaint about archives, directories and references that are locked, on record in `Snapshots/direct.txt`.
@Suite struct DirectComplaintsTests {
  private static let commit = String(repeating: "b", count: 40)

  private func archive(_ url: RemoteURL, name: String? = nil, hashes: [FileHash] = []) -> Requirement {
    .archive(ArchiveRequirement(name: name.flatMap { PackageName($0) }, url: url, hashes: hashes))
  }

  private func local(_ path: String) -> RemoteURL { RemoteURL(scheme: "file", host: "", path: path) }

  private func git(_ reference: String?) -> GitSource {
    GitSource(
      url: RemoteURL(scheme: "https", host: "git.example.com", path: "/link.git"), reference: reference)
  }

  private func lockfile(_ source: LockedDistribution.Source) throws -> Lockfile {
    Lockfile(
      requiresPython: nil,
      distributions: [
        LockedDistribution(
          name: try #require(PackageName("link")), version: "1.0", source: source, dependencies: [])
      ], inputsDigest: "x", modules: [], baseNeeds: [])
  }

  @Test func archivesAndDirectories() async throws {
    try await ResolutionBench.with { bench in
      let directory = bench.directory
      let wheel = "\(directory)/link-1.0-py3-none-any.whl"
      try Files.write("x", to: wheel)
      try Files.write("no archive", to: "\(directory)/broken.zip")
      for name in ["empty/inner", "project", "many"] { try Files.makeDirectory("\(directory)/\(name)") }
      for number in 0..<4 { try Files.write("", to: "\(directory)/many/\(number)") }
      try Files.write("", to: "\(directory)/project/pyproject.toml")
      var record = ComplaintRecord()
      func resolve(_ title: String, _ requirement: Requirement, metadata: String = "") async throws {
        try await record.add(title) {
          let answers = try await bench.answers([("link", requirement)])
          _ = try await bench.direct(metadata: metadata).resolve(answers, previous: nil, upgrade: bench.none())
        }
      }
      try await resolve("an archive that is not there", archive(local("\(directory)/absent.zip")))
      let hash = try FileHash("sha256", String(repeating: "0", count: 64))
      try await resolve("an archive of another hash", archive(local(wheel), hashes: [hash]))
      try await resolve("a wheel without METADATA", archive(local(wheel)))
      try await resolve(
        "a wheel of another name", archive(local(wheel), name: "link"), metadata: "Name: other\nVersion: 1.0\n")
      try await resolve("a file that is no archive", archive(local("\(directory)/broken.zip")))
      try await resolve(
        "a directory that is not there", .directory(DirectoryRequirement(path: "\(directory)/absent")))
      try await resolve("a directory without a project", .directory(DirectoryRequirement(path: "\(directory)/empty")))
      try record.add("a directory of many files") {
        _ = try ProjectDirectory("\(directory)/many", mostEntries: 3).digest()
      }
      try await record.add("a directory that was changed") {
        let pin = DirectoryPin(path: "\(directory)/project", subdirectory: nil, digest: "00")
        _ = try await bench.wheels().wheel(of: pin, for: bench.interpreter)
      }
      try await record.add("a repository without a project") {
        _ = try await bench.wheels().wheel(of: git("v1"), commit: Self.commit, for: bench.interpreter)
      }
      #expect(try record.isOnRecord(as: "direct", beside: #filePath, replacing: bench.replacing()))
    }
  }

  @Test func whatMovedSinceItWasLocked() async throws {
    try await ResolutionBench.with { bench in
      var record = ComplaintRecord()
      for (title, reference) in [("a tag", "v1"), ("an abbreviated commit", "bbbbbbb"), ("HEAD", nil)] {
        let source = git(reference)
        let pin = GitPin(
          url: source.url.description, requestedRevision: reference, commit: Self.commit, subdirectory: nil,
          isFollowed: false)
        let now = ResolvedReference(commit: String(repeating: "c", count: 40), isFollowed: false)
        try await record.add(title) {
          let answers = try await bench.answers([("link", .git(GitRequirement(source: source)))])
          _ = try await bench.direct(ResolutionBench.Repositories(commits: [source: now])).resolve(
            answers, previous: try lockfile(.git(pin)),
            upgrade: UpgradeTargets(.all, modules: [], previous: nil))
        }
      }
      try await record.add("a branch that was rewritten, where that is forbidden") {
        _ = try await moved(bench, "main", isFollowed: true, .deny)
      }
      for level in [PolicyLevel.warn, nil] {
        record.add(
          "a branch that was rewritten, \(level.map(\.rawValue) ?? "by default")",
          try await moved(bench, "main", isFollowed: true, level))
      }
      record.add("a tag, where that is worth a warning", try await moved(bench, "v1", isFollowed: false, .warn))
      for level in [PolicyLevel.warn, .deny] {
        var policy = Policy(for: .moduleSet)
        policy.rewinds = level
        policy.places[.rewinds] = SourceLocation(file: "pinion.yaml", line: 4, column: 23)
        let source = git("v1")
        let move = MovedReferences.Move(locked: Self.commit, now: String(repeating: "c", count: 40))
        let noticed = MovedReferences(policy: policy).noticed(source, move, by: "link")
        record.add("a tag, noticed in passing, \(level.rawValue)", [try #require(noticed)])
      }
      let server = try IndexServer.start(root: "\(bench.directory)/index")
      defer { server.stop() }
      try server.publish(PythonProject("link"))
      let url = RemoteURL(
        scheme: "http", host: "127.0.0.1", port: server.port, path: "/files/link-1.0-py3-none-any.whl")
      let pin = ArchivePin(
        url: url.description, size: nil, sha256: String(repeating: "a", count: 64), subdirectory: nil)
      try await record.add("an archive") {
        let answers = try await bench.answers([("link", archive(url))])
        _ = try await bench.direct().resolve(
          answers, previous: try lockfile(.archive(pin)), upgrade: UpgradeTargets(.all, modules: [], previous: nil))
      }
      #expect(try record.isOnRecord(as: "moved", beside: #filePath, replacing: bench.replacing()))
    }
  }

  /// The warnings about a reference that is another commit than was locked, by a rule.
  private func moved(
    _ bench: ResolutionBench, _ reference: String, isFollowed: Bool, _ level: PolicyLevel?, leadsBack: Bool = false,
    isNamed: Bool = false
  ) async throws -> [Diagnostic] {
    let source = git(reference)
    let pin = GitPin(
      url: source.url.description, requestedRevision: reference, commit: Self.commit, subdirectory: nil,
      isFollowed: isFollowed)
    let now = ResolvedReference(commit: String(repeating: "c", count: 40), isFollowed: isFollowed)
    var policy = Policy(for: .moduleSet)
    if let level {
      policy.rewinds = level
      policy.places[.rewinds] = SourceLocation(file: "pinion.yaml", line: 4, column: 23)
    }
    let answers = try await bench.answers([("link", .git(GitRequirement(source: source)))])
    let modules = answers.directRequirements[.git(source)] ?? []
    let upgrade = try UpgradeTargets(
      isNamed ? .packages([#require(PackageName("link"))]) : .all, modules: isNamed ? modules : [], previous: nil)
    let sources = ResolutionBench.Repositories(commits: [source: now], leadsBack: leadsBack)
    return try await bench.direct(sources, policy: policy).references(
      [DirectRequest(source: .git(source), modules: modules)], pins: DirectPins(previous: lockfile(.git(pin))),
      upgrade: upgrade
    ).warnings
  }

  @Test func whatMayMoveIsNotSpokenOf() async throws {
    try await ResolutionBench.with { bench in
      func complaints(
        _ isFollowed: Bool, _ level: PolicyLevel?, leadsBack: Bool = false, isNamed: Bool = false
      ) async throws -> [Diagnostic] {
        do {
          return try await moved(
            bench, "x", isFollowed: isFollowed, level, leadsBack: leadsBack, isNamed: isNamed)
        } catch let failure as Failure { return failure.diagnostics }
      }
      for level in PolicyLevel.allCases {
        // A branch that went on, whatever the rule.
        var found = try await complaints(true, level, leadsBack: true)
        // By name everything is accepted.
        found += try await complaints(true, level, isNamed: true)
        found += try await complaints(false, level, isNamed: true)
        #expect(found == [])
      }
      for isFollowed in [true, false] {
        let said = [
          try await complaints(isFollowed, .allow), try await complaints(isFollowed, .warn),
          try await complaints(isFollowed, .deny),
        ]
        #expect(said.map { $0.map(\.severity) } == [[], [.warning], [.error]])
      }
      // Without a rule, tags are held fast and branches are not.
      let silent = [try await complaints(true, nil), try await complaints(false, nil)]
      #expect(silent.map { $0.map(\.severity) } == [[.warning], [.error]])
      #expect(silent.map { $0.map(\.code) } == [[.gitHistoryRewritten], [.gitTagMoved]])
    }
  }

  @Test func modulesThatDisagree() async throws {
    try await ResolutionBench.with { bench in
      let metadata = try #require(
        DistributionMetadata("Name: link\nVersion: 1.0\n"))
      func module(_ source: GitSource, _ commit: String) -> DirectModule {
        DirectModule(
          source: .git(source), extras: [], ignoresDependencies: false,
          pin: .git(
            GitPin(
              url: source.url.description, requestedRevision: source.reference, commit: commit, subdirectory: nil,
              isFollowed: false)), wheel: "/srv/link-1.0-py3-none-any.whl", metadata: metadata)
      }
      let (one, two) = (git("v1"), git("v2"))
      let answers = try await bench.answers([
        ("one", .git(GitRequirement(source: one))), ("two", .git(GitRequirement(source: two))),
      ])
      var record = ComplaintRecord()
      try record.add("two sources of one distribution") {
        _ = try DirectModules.byName(
          DirectModules.Outcome(
            modules: [.git(one): module(one, Self.commit), .git(two): module(two, String(repeating: "c", count: 40))],
            requests: answers.directRequests))
      }
      let name = try #require(PackageName("link"))
      func index(_ options: RequirementOptions) -> Requirement {
        .index(IndexRequirement(name: name, options: options))
      }
      try record.add("two ways to one distribution") {
        _ = try bench.environment([
          ("one", index(RequirementOptions(binaries: .only))), ("two", index(RequirementOptions(binaries: .none))),
        ]).entryOptions()
      }
      #expect(try record.isOnRecord(as: "disagreement", beside: #filePath, replacing: bench.replacing()))
    }
  }
}
