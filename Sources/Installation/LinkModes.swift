internal import Model

/// How each distribution of a generation is linked.
struct LinkModes {
  private var modes: [PackageName: LinkMode] = [:]

  /// Takes what the manifest says. Where it names no mode for a distribution, and links into the store are meant for it, one
  /// whose libraries look for another's beside themselves gets hard links: the dynamic linker goes from a directory to the one
  /// above as the kernel does, which is in the store once a link was followed.
  init(_ records: [StoreRecord], _ settings: LinkSettings) {
    var owners: [String: Set<PackageName>] = [:]
    let reached = Set(records.flatMap { $0.reaches ?? [] })
    if !reached.isEmpty {
      for record in records {
        for file in record.tree where reached.contains(file.path) { owners[file.path, default: []].insert(record.name) }
      }
    }
    for record in records {
      var mode = settings.mode(of: record.name)
      let reaches = (record.reaches ?? []).contains { owners[$0]?.contains { $0 != record.name } == true }
      if mode == .symlink, settings.distributions[record.name] == nil, reaches { mode = .hardlink }
      modes[record.name] = mode
    }
  }

  /// A distribution's mode.
  subscript(name: PackageName) -> LinkMode { modes[name] ?? .symlink }
}
