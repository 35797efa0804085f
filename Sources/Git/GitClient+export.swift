internal import GitWire
public import Model
internal import Platform

extension GitClient {
  /// Writes a clone of the repository at that commit, without remote or credentials, and its submodules into an empty
  /// directory. Says whether history and tags are in it: they are left out where they are not needed and the libgit2 at hand can.
  ///
  /// Fetches only when the mirror lacks the commit; a broken mirror is made anew, once. Throws as `commits(for:)` does,
  /// `gitFailed` for a repository that cannot be written safely and wholly, and `policyDenied` for a submodule.
  public func export(
    _ source: GitSource, commit: String, to directory: String, history: SourceHistory
  ) async throws -> Bool {
    guard try Files.list(directory).isEmpty else {
      throw Failure(.io, "the directory for a clone is not empty", at: .path(directory))
    }
    let whole = Checkout(source, commit: commit, directory: directory)
    do {
      let isShallow = history == .unneeded ? try await mayLeaveHistoryOut(whole) : false
      var pending = [whole]
      var count = 0
      while let next = pending.popLast() {
        count += 1
        do {
          pending += try next.submodules(try await write(next, isShallow: isShallow))
        } catch {
          throw next.explained(error)
        }
        try whole.checkCount(count + pending.count)
      }
      return !isShallow
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

  /// Writes one repository, whose submodules are empty directories then, and says what they are.
  private func write(_ checkout: Checkout, isShallow: Bool) async throws -> [GitSubmodule] {
    let (source, directory) = (checkout.source, checkout.directory)
    return try await withMirror(of: source, isShallow: isShallow) { mirror in
      // What a first attempt left behind.
      for name in try Files.list(directory) { try Files.remove("\(directory)/\(name)") }
      if isShallow {
        try await provideAlone(checkout.commit, of: source, in: mirror)
      } else {
        try await provide(checkout.commit, of: source, in: mirror)
      }
      let export = GitOperation.export(mirror: mirror.path, commit: checkout.commit, directory: directory)
      guard case .exported(let submodules) = try await helper.perform(export) else {
        throw unexpectedAnswer(source.url)
      }
      return submodules
    }
  }

  /// Brings one commit without its history.
  private func provideAlone(_ commit: String, of source: GitSource, in mirror: MirrorDirectory) async throws {
    let question = GitOperation.lookup(mirror: mirror.path, prefix: commit)
    if case .lookup(.present) = try await helper.perform(question) { return }
    let repository = Repository(source)
    let answer = try await ask(repository) { .fetchAlone(remote: $0, mirror: mirror.path, commit: commit) }
    guard case .fetched(let hasCommit) = answer else { throw unexpectedAnswer(source.url) }
    guard hasCommit else { throw complaints(repository).commitAbsent(commit) }
  }
}
