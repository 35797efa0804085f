internal import Model
internal import Network
internal import Platform
internal import Resolution

extension StoreFiller {
  /// The wheel files of a selection, in its order: downloaded into the staging area, or out of the cache of what was built.
  func wheels(of selection: Selection) async throws -> [String] {
    let work = try await StoreWork(filler: self, items: selection.items)
    return try await withThrowingTaskGroup(of: (Int, String).self) { group in
      var waiting = selection.items.enumerated().makeIterator()
      var found: [Int: String] = [:]
      func start() {
        guard let (index, item) = waiting.next() else { return }
        group.addTask { (index, try await work.wheel(of: item)) }
      }
      for _ in 0..<StoreFiller.width { start() }
      while let (index, path) = try await group.next() {
        found[index] = path
        start()
      }
      return selection.items.indices.compactMap { found[$0] }
    }
  }
}

extension StoreWork {
  /// Fetches or builds the distribution's wheel.
  func wheel(of item: Selection.Item) async throws -> String {
    switch (item.identity, item.locked.source) {
    case (.wheel, _):
      guard let file = item.file else { break }
      let path = "\(filler.area.path)/\(file.name)"
      try await downloader(of: item.locked).download(file, to: path, progress: progress.add)
      return path
    case (.sdist, _):
      guard let file = item.file else { break }
      return try await wheels.wheel(ofSdist: file, for: filler.interpreter, downloader: downloader(of: item.locked))
    case (.git(let commit, _), .git(let pin)):
      let source = try filler.environment.gitSource(
        of: pin, in: filler.lockfile, reading: filler.services.references)
      return try await wheels.wheel(of: source, commit: commit, for: filler.interpreter)
    case (.archive, .archive(let pin)):
      return try await wheels.wheel(of: pin, for: filler.interpreter) { try await archives.archive(pin) }
    case (.directory, .directory(let pin)): return try await wheels.wheel(of: pin, for: filler.interpreter)
    default: break
    }
    throw Failure(.internal, "\(item.locked.name) has no file in the lockfile")
  }
}
