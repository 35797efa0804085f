import Model
import Testing

@testable import Reconciliation

@Suite struct LockDecisionTests {
  private let source = GitSource(
    url: RemoteURL(scheme: "https", host: "git.example.com", path: "/org/repo.git"), reference: "main")

  private func environment(_ update: LockUpdate = .references, withGit: Bool = false) -> DesiredEnvironment {
    var environment = DesiredEnvironment(
      name: "default", kind: .vconServer, location: SourceLocation(file: "config.yml", line: 1, column: 1),
      directory: "/srv")
    environment.lockUpdate = update
    if withGit {
      environment.modules = [
        Module(
          name: "link", section: .links, importPath: "link",
          requirement: .requirement(.git(GitRequirement(source: source))),
          location: SourceLocation(file: "config.yml", line: 4, column: 3))
      ]
    }
    return environment
  }

  private func lockfile(follows: Bool) -> Lockfile {
    Lockfile(
      requiresPython: nil,
      distributions: PackageName("link").map { name in
        [
          LockedDistribution(
            name: name, version: "1",
            source: .git(
              GitPin(
                url: source.url.description, requestedRevision: "main", commit: "aaaa", subdirectory: nil,
                isFollowed: follows)), dependencies: [])
        ]
      } ?? [], inputsDigest: "in", modules: [], baseNeeds: [])
  }

  private func decide(
    _ environment: DesiredEnvironment, locked: Bool = false, upgrade: UpgradeScope = .none, inputs: String = "in",
    lockedInputs: String? = "in", follows: Bool = true, isForeign: Bool = false
  ) throws -> LockDecision {
    var options = RunOptions()
    options.isLocked = locked
    options.upgrade = upgrade
    return try LockDecision.decide(
      environment, options: options, inputs: inputs, lockedInputs: lockedInputs,
      lockfile: { [lockfile = lockfile(follows: follows)] in lockfile }, isForeign: isForeign)
  }

  @Test func keepsWhatHolds() throws {
    #expect(try decide(environment()) == .keep)
    #expect(try decide(environment(), locked: true) == .keep)
    #expect(try decide(environment(.never)) == .keep)
  }

  @Test func locksFirstWhereThereIsNoLockfile() throws {
    #expect(try decide(environment(), lockedInputs: nil) == .relock(.none, isMinor: false))
    #expect(try decide(environment(.never), lockedInputs: nil) == .relock(.none, isMinor: false))
  }

  @Test func relocksWhenInputsOrThePlatformChanged() throws {
    #expect(try decide(environment(), inputs: "new") == .relock(.none, isMinor: false))
    #expect(try decide(environment(), isForeign: true) == .relock(.none, isMinor: false))
  }

  @Test func asksOnlyReferencesThatCanMove() throws {
    var followed = FollowedSources()
    followed.git = [source: "aaaa"]
    #expect(try decide(environment(withGit: true)) == .keepUnlessMoved(followed))
    #expect(try decide(environment(withGit: true), follows: false) == .keep)
    #expect(try decide(environment(withGit: true), locked: true) == .keep)
    #expect(try decide(environment(.never, withGit: true)) == .keep)
  }

  @Test func followsWhatTheManifestSaysOfUpdates() throws {
    #expect(try decide(environment(.minor)) == .relock(.allPackages, isMinor: true))
    #expect(try decide(environment(.all)) == .relock(.allPackages, isMinor: false))
    #expect(try decide(environment(.all), locked: true) == .keep)
    #expect(try decide(environment(), upgrade: .all) == .relock(.all, isMinor: false))
    #expect(try decide(environment(.never), upgrade: .all) == .relock(.all, isMinor: false))
  }

  @Test(arguments: LockUpdate.allCases, [true, false])
  func whatHoldsUnaskedIsKept(_ update: LockUpdate, _ withGit: Bool) throws {
    for upgrade in [UpgradeScope.none, .all] {
      for isLocked in [true, false] {
        var options = RunOptions()
        options.isLocked = isLocked
        options.upgrade = upgrade
        let environment = environment(update, withGit: withGit)
        let decision = try? decide(environment, locked: isLocked, upgrade: upgrade)
        // Locked and upgraded at once is refused before; the rest is the same question.
        guard !(isLocked && upgrade == .all) else { continue }
        #expect(LockDecision.holdsUnasked(environment, options: options) == (decision == .keep))
      }
    }
    var unread = environment()
    unread.modules = environment(withGit: true).modules
    unread.modules[0].requirement = .unset([])
    #expect(!LockDecision.holdsUnasked(unread, options: RunOptions()))
  }

  @Test func lockedRulesOut() throws {
    let missing = try #require(throws: Failure.self) { try decide(environment(), locked: true, lockedInputs: nil) }
    #expect(missing.diagnostics.map(\.code) == [.lockMissing])
    let stale = try #require(throws: Failure.self) {
      try decide(environment(withGit: true), locked: true, inputs: "new")
    }
    #expect(stale.diagnostics.map(\.code) == [.lockStale])
    #expect(stale.diagnostics[0].cause == "links.link is not in the lockfile")
    let never = try #require(throws: Failure.self) { try decide(environment(.never), inputs: "new") }
    #expect(never.diagnostics.map(\.code) == [.lockStale])
  }
}
