public import Model
internal import Platform

/// One difference between a generation's record and what is on disk.
public struct DriftFinding: Sendable, Equatable, Codable {
  /// The kinds of difference.
  public enum Kind: String, Sendable, Codable {
    /// Something that was recorded is not there.
    case missing
    /// Something is there, but not as recorded.
    case changed
    /// Something is there that nobody recorded.
    case stray
    /// The interpreter was replaced or is gone.
    case interpreter
    /// An entry of the store is not as its wheel was.
    case damaged
  }
  /// Relative to the generation; for the store and the interpreter absolute.
  public var path: String
  /// What kind it is.
  public var kind: Kind
  /// One clause for people.
  public var detail: String
  /// The store entry that is to be fetched again.
  public var storeKey: String?
  /// Since when it may be so, in seconds since 1970.
  public var since: Int?

  /// Creates a finding.
  public init(path: String, kind: Kind, detail: String, storeKey: String? = nil, since: Int? = nil) {
    self.since = since
    self.path = path
    self.kind = kind
    self.detail = detail
    self.storeKey = storeKey
  }
}

/// Compares a generation's record with what is on disk. Bytecode is derived data and never drift.
public enum DriftCheck {
  /// What a look at names, links, sizes and times finds; takes milliseconds. Sorted by path.
  public static func plain(
    record: GenerationRecord, at path: String, state: StateDirectory
  ) -> [DriftFinding] {
    var findings: [DriftFinding] = []
    checkInterpreter(record, &findings)
    let entries = record.entries
    // Needed only where a directory was touched.
    var known: Set<String>?
    let home = OpenDirectory(path)
    // The directories in which no name came, went or was replaced since they were recorded.
    var untouched: Set<Substring> = []
    for entry in entries {
      // A link cannot be changed in place: where its directory is untouched, so is the link.
      if entry.kind == .link, untouched.contains(entry.path.directoryPart) { continue }
      let seen = home?.look(entry.path)
      if let finding = compare(entry, seen, home) {
        findings.append(finding)
      } else if entry.kind == .directory {
        if let seen, FileStamp.ofDirectory(seen.identity) == entry.target {
          untouched.insert(entry.path[...])
        } else {
          let names = known ?? Set(entries.map(\.path))
          known = names
          strays(in: entry.path, of: path, names, &findings)
        }
      }
    }
    let store = OpenDirectory(state.store)
    for distribution in record.distributions where store?.contains("\(distribution.storeKey)/record.json") != true {
      findings.append(
        DriftFinding(
          path: state.storeEntry(distribution.storeKey), kind: .missing,
          detail: "\(distribution.name) \(distribution.version) is gone from the store",
          storeKey: distribution.storeKey))
    }
    return findings.map { $0.dated(in: path) }.sorted { ($0.path, $0.kind.rawValue) < ($1.path, $1.kind.rawValue) }
  }

  /// The same, and every file of the store entries, every copied metadata file and every copied or hard-linked file of the tree
  /// is read and hashed.
  public static func deep(
    record: GenerationRecord, at path: String, state: StateDirectory
  ) -> [DriftFinding] {
    var findings = plain(record: record, at: path, state: state)
    let store = Store(state: state)
    let library = "lib/python\(record.interpreter.minorVersion)/site-packages"
    let known = Set(record.entries.map(\.path))
    for distribution in record.distributions {
      let key = distribution.storeKey
      for words in store.damage(of: key) where store.contains(key) {
        findings.append(
          DriftFinding(path: "\(state.storeEntry(key))", kind: .damaged, detail: words, storeKey: key))
      }
      guard let stored = try? store.record(key) else { continue }
      if distribution.linkMode != nil {
        findings += changedFiles(of: stored, at: path, known).filter { found in
          !findings.contains { $0.path == found.path }
        }
      }
      for file in stored.metadata {
        let copy = "\(library)/\(stored.distInfo)/\(file.path)"
        // What the installer writes itself has the wheel's name but not its bytes.
        guard known.contains(copy), !["INSTALLER", "REQUESTED", "direct_url.json"].contains(file.path),
          !findings.contains(where: { $0.path == copy }),
          let digest = try? FileDigest.sha256("\(path)/\(copy)"), digest != file.sha256
        else { continue }
        findings.append(DriftFinding(path: copy, kind: .changed, detail: "its content changed"))
      }
    }
    return findings.map { $0.dated(in: path) }.sorted { ($0.path, $0.detail) < ($1.path, $1.detail) }
  }

  /// The files of a tree that are no links and have another content than the wheel's.
  private static func changedFiles(
    of stored: StoreRecord, at path: String, _ known: Set<String>
  ) -> [DriftFinding] {
    stored.tree.compactMap { file in
      let copy = "links/\(file.path)"
      guard known.contains(copy), Files.kind("\(path)/\(copy)") == .file,
        let digest = try? FileDigest.sha256("\(path)/\(copy)"), digest != file.sha256
      else { return nil }
      return DriftFinding(path: copy, kind: .changed, detail: "its content changed")
    }
  }

  private static func checkInterpreter(_ record: GenerationRecord, _ findings: inout [DriftFinding]) {
    let executable = record.interpreter.executable
    guard let identity = Files.identity(executable) else {
      findings.append(DriftFinding(path: executable, kind: .interpreter, detail: "the interpreter is gone"))
      return
    }
    guard identity != record.interpreter.identity else { return }
    findings.append(DriftFinding(path: executable, kind: .interpreter, detail: "the interpreter was replaced"))
  }

  private static func compare(
    _ entry: GenerationEntry, _ seen: (kind: Files.Kind, identity: FileIdentity)?, _ home: OpenDirectory?
  ) -> DriftFinding? {
    guard let seen else { return DriftFinding(path: entry.path, kind: .missing, detail: "it is gone") }
    switch (entry.kind, seen.kind) {
    case (.directory, .directory): return nil
    case (.link, .link):
      guard let target = home?.linkTarget(entry.path), target != entry.target else { return nil }
      return DriftFinding(path: entry.path, kind: .changed, detail: "it links to \(target)")
    case (.file, .file):
      guard FileStamp.of(seen.identity) != entry.target else { return nil }
      return DriftFinding(path: entry.path, kind: .changed, detail: "its size or time changed")
    default:
      return DriftFinding(path: entry.path, kind: .changed, detail: "it is no \(entry.kind.rawValue) any more")
    }
  }

  private static func strays(
    in directory: String, of home: String, _ known: Set<String>, _ findings: inout [DriftFinding]
  ) {
    for name in (try? Files.list("\(home)/\(directory)")) ?? [] where name != "__pycache__" {
      let path = directory.isEmpty ? name : "\(directory)/\(name)"
      // The record cannot list itself.
      guard path != "generation.json", !known.contains(path) else { continue }
      findings.append(DriftFinding(path: path, kind: .stray, detail: "Pinion did not put it there"))
    }
  }
}

extension String {
  /// All before the last slash; empty when there is none.
  fileprivate var directoryPart: Substring {
    self[..<(lastIndex(of: "/") ?? startIndex)]
  }
}
