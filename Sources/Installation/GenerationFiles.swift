internal import Model
internal import Platform

/// Where the data, headers and scripts of distributions go within a generation, and what may not be overwritten.
struct GenerationFiles {
  /// Names at a generation's root that are Pinion's own; `data` schemes may not write there.
  static let reserved: Set = [
    "bin", "links", "lib", "lib64", "pyvenv.cfg", "generation.json", "pylock.toml", "start.py",
  ]

  /// The links of `data` and `headers` schemes, relative to the generation's root.
  let tree: LinkTree
  /// Commands that `data` schemes bring as `bin/…`, by distribution: name and path in the store entry.
  let commands: [(name: PackageName, command: String, storePath: String, sha256: String)]

  /// What becomes of a file of a `data` or `headers` scheme.
  enum Target: Equatable {
    /// A file, relative to the generation's root.
    case file(String)
    case command(String)
  }

  /// Where a file of `data/` in the store goes; nil for scripts, which `StoreRecord.scripts` lists.
  static func target(of file: StoreFile, of record: StoreRecord, minorVersion: String) -> Target? {
    guard let slash = file.path.firstIndex(of: "/") else { return nil }
    let inner = String(file.path[file.path.index(after: slash)...])
    switch file.path[..<slash] {
    case "headers": return .file("include/python\(minorVersion)/\(record.name)/\(inner)")
    case "data":
      if inner.hasPrefix("bin/"), inner.split(separator: "/").count == 2,
        !CommandName.isReserved(inner.lastPathComponent)
      {
        return .command(String(inner.dropFirst(4)))
      }
      return .file(inner)
    default: return nil
    }
  }

  /// Places the files of all distributions. Throws `collision`.
  init(
    _ records: [(key: String, record: StoreRecord)], minorVersion: String, modes: LinkModes
  ) throws(Failure) {
    var placed: [LinkTree.Contribution] = []
    var commands: [(name: PackageName, command: String, storePath: String, sha256: String)] = []
    var complaints: [Diagnostic] = []
    var targets: [String: String] = [:]
    for (key, record) in records {
      var files: [StoreFile] = []
      for file in record.data {
        guard let slash = file.path.firstIndex(of: "/") else { continue }
        var moved = file
        let inner = String(file.path[file.path.index(after: slash)...])
        switch Self.target(of: file, of: record, minorVersion: minorVersion) {
        case .command(let name):
          commands.append((record.name, name, "\(key)/data/\(file.path)", file.sha256))
          continue
        case .file(let path):
          guard !Self.reserved.contains(String(path.prefix { $0 != "/" })) else {
            complaints.append(
              Diagnostic(
                .collision, "\(record.name) would write \(quoted(inner)) over what the environment itself keeps there",
                hint: "choose another version of \(record.name), or take out the module that needs it"))
            continue
          }
          moved.path = path
        case nil: continue
        }
        targets["\(key) \(moved.path)"] = "\(key)/data/\(file.path)"
        files.append(moved)
      }
      if !files.isEmpty {
        placed.append(
          LinkTree.Contribution(
            name: record.name, storeKey: key, files: files, part: "data", mode: modes[record.name]))
      }
    }
    guard complaints.isEmpty else { throw Failure(complaints) }
    // Real directories, since programs write into share/ and etc/, which must not reach the store.
    var tree = try LinkTree(placed, foldsDirectories: false)
    for index in tree.links.indices {
      let link = tree.links[index]
      let key = link.target.prefix { $0 != "/" }
      tree.links[index].target = targets["\(key) \(link.path)"] ?? link.target
    }
    for index in tree.files.indices {
      let file = tree.files[index]
      let key = file.source.prefix { $0 != "/" }
      tree.files[index].source = targets["\(key) \(file.path)"] ?? file.source
    }
    self.tree = tree
    self.commands = commands
  }
}
