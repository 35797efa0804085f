import Model
import Testing

@Suite struct DifferTests {
  private func installed(_ name: String, _ version: String, _ identity: DistributionIdentity, _ modules: [String] = [])
    -> InstalledDistribution
  {
    InstalledDistribution(
      name: Fixture.name(name), version: version, identity: identity, storeKey: "key", modules: modules)
  }

  @Test func saysWhatChangesAndWhoAsks() throws {
    let lockfile = Fixture.lockfile(
      [
        Fixture.locked("alpha", "1.0", needs: ["beta"]), Fixture.locked("beta", "2.0"), Fixture.locked("kept", "1"),
        Fixture.git("moved", "1.0", commit: "bbbb"),
      ], modules: [("one", "alpha"), ("two", "beta"), ("three", "moved")])
    let selection = try Selection(lockfile, for: Fixture.interpreter)
    let (changes, kept) = Differ.changes(
      from: [
        installed("beta", "1.9", .wheel(sha256: "beta-1.9")), installed("kept", "1", .wheel(sha256: "kept-1")),
        installed("moved", "1.0", .git(commit: "aaaa", subdirectory: nil)),
        installed("gone", "3", .wheel(sha256: "gone-3"), ["links.old"]),
      ], to: selection)
    #expect(kept == 1)
    #expect(changes.map(\.distribution.text) == ["alpha", "beta", "gone", "moved"])
    #expect(changes.map(\.action) == [.install, .replace, .remove, .replace])
    #expect(changes[0].modules == ["links.one"])
    #expect(changes[1].modules == ["links.one", "links.two"])
    #expect(changes[2].modules == ["links.old"])
    #expect(changes[3].from?.commit == "aaaa")
    #expect(changes[3].to?.commit == "bbbb")
  }

  @Test func theSameIsNoChange() throws {
    let lockfile = Fixture.lockfile([Fixture.locked("alpha", "1.0"), Fixture.git("moved", "1.0", commit: "aaaa")])
    let selection = try Selection(lockfile, for: Fixture.interpreter)
    let present = selection.items.map {
      InstalledDistribution(
        name: $0.locked.name, version: $0.locked.version, identity: $0.identity, storeKey: "key", modules: [])
    }
    let (changes, kept) = Differ.changes(from: present, to: selection)
    #expect(changes.isEmpty)
    #expect(kept == 2)
  }

  /// Applying the changes to what is installed gives the selection, whatever was installed before.
  @Test func changesLeadToTheSelection() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let names = (0..<6).map { "package-\($0)" }
      let wanted = names.filter { _ in Bool.random(using: &generator) }.map {
        Fixture.locked($0, "\(Int.random(in: 1...2, using: &generator))")
      }
      let before = names.filter { _ in Bool.random(using: &generator) }.map { name in
        let version = "\(Int.random(in: 1...2, using: &generator))"
        return installed(name, version, .wheel(sha256: "\(name)-\(version)"))
      }
      let selection = try Selection(Fixture.lockfile(wanted), for: Fixture.interpreter)
      let (changes, kept) = Differ.changes(from: before, to: selection)
      var state = Dictionary(uniqueKeysWithValues: before.map { ($0.name, $0.version) })
      for change in changes {
        #expect(change.from?.version == state[change.distribution])
        state[change.distribution] = change.to?.version
      }
      #expect(state == Dictionary(uniqueKeysWithValues: wanted.map { ($0.name, $0.version) }))
      #expect(kept + changes.count { $0.action != .remove } == wanted.count)
    }
  }
}
