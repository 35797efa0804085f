internal import GitWire
public import Model
internal import Platform

extension GitClient {
  /// Writes a clone of the repository at that commit, without remote or credentials, and its submodules into an empty
  /// directory. History and tags are left out where they are not needed and the libgit2 at hand can.
  ///
  /// Fetches only when the mirror lacks the commit; a broken mirror is made anew, once. Throws as `commits(for:)` does,
  /// `gitFailed` for a repository that cannot be written safely and wholly, and `policyDenied` for a submodule.
  public func export(
    _ source: GitSource, commit: String, to directory: String, history: SourceHistory
  ) async throws -> ExportedSource {
    guard try Files.list(directory).isEmpty else {
      throw Failure(.io, "the directory for a clone is not empty", at: .path(directory))
    }
    let whole = Checkout(source, commit: commit, directory: directory)
    do {
      let leavesHistoryOut = history == .unneeded ? try await mayLeaveHistoryOut(whole) : false
      var pending = [whole]
      var count = 0
      var exported = ExportedSource(hasHistory: !leavesHistoryOut, time: 0)
      var found = SubmoduleRecord()
      while let next = pending.popLast() {
        count += 1
        do {
          let written = try await write(next, leavingHistoryOut: leavesHistoryOut)
          if count == 1 { exported = ExportedSource(hasHistory: written.isWhole, time: written.time) }
          let submodules = try next.submodules(written.submodules)
          for one in submodules {
            found.urls["\(one.directory.dropFirst(directory.count + 1))"] = one.source.url.description
          }
          pending += submodules
        } catch {
          throw next.explained(error)
        }
        try whole.checkCount(count + pending.count)
      }
      try found.write(for: source, commit: commit, in: mirrors)
      return exported
    } catch {
      for name in (try? Files.list(directory)) ?? [] { try? Files.remove("\(directory)/\(name)") }
      throw error
    }
  }

  /// Whether the libgit2 at hand can, and the commit is not here with all its history already.
  private func mayLeaveHistoryOut(_ checkout: Checkout) async throws -> Bool {
    guard checkout.source.url.scheme != "file",
      case .abilities(canBeShallow: true) = try await helper.perform(.abilities)
    else { return false }
    let mirror = MirrorDirectory(of: checkout.source.url, in: mirrors)
    let question = GitOperation.lookup(mirror: mirror.path, prefix: checkout.commit)
    guard case .lookup(.present) = try await helper.perform(question) else { return true }
    return false
  }

  /// Writes one repository, whose submodules are empty directories then; says what they are, and whether the history is there.
  ///
  /// A server may give a commit that no reference points at only with all that leads there.
  private func write(
    _ checkout: Checkout, leavingHistoryOut: Bool
  ) async throws -> (submodules: [GitSubmodule], time: Int, isWhole: Bool) {
    let (source, commit) = (checkout.source, checkout.commit)
    let repository = Repository(source)
    if leavingHistoryOut {
      let alone = try await withMirror(of: repository, isShallow: true) { mirror -> Written? in
        guard try await provideAlone(commit, of: repository, in: mirror) else { return nil }
        return try await write(checkout, from: mirror)
      }
      if let alone { return (alone.submodules, alone.time, false) }
    }
    let written = try await withMirror(of: repository) { mirror in
      try await provide(commit, of: source, in: mirror)
      return try await write(checkout, from: mirror)
    }
    return (written.submodules, written.time, true)
  }

  private typealias Written = (submodules: [GitSubmodule], time: Int)

  private func write(_ checkout: Checkout, from mirror: MirrorDirectory) async throws -> Written {
    let directory = checkout.directory
    // What a first attempt left behind.
    for name in try Files.list(directory) { try Files.remove("\(directory)/\(name)") }
    let export = GitOperation.export(mirror: mirror.path, commit: checkout.commit, directory: directory)
    guard case .exported(let submodules, let time) = try await helper.perform(export) else {
      throw unexpectedAnswer(checkout.source.url)
    }
    return (submodules, time)
  }

  /// Brings one commit without its history; false where the server does not give it so.
  private func provideAlone(
    _ commit: String, of repository: Repository, in mirror: MirrorDirectory
  ) async throws -> Bool {
    let question = GitOperation.lookup(mirror: mirror.path, prefix: commit)
    if case .lookup(.present) = try await helper.perform(question) { return true }
    let answer = try await ask(repository) { .fetchAlone(remote: $0, mirror: mirror.path, commit: commit) }
    guard case .fetched(let hasCommit) = answer else { throw unexpectedAnswer(repository.url) }
    return hasCommit
  }
}
