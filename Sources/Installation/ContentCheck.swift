public import Model
internal import Platform

/// What distributions bring, held against the rules of an environment: the first step of a build, before anything is written.
struct ContentCheck {
  /// What is left to install, in the given order.
  let records: [CollisionCheck.Item]
  /// What is worth a warning.
  let warnings: [Diagnostic]

  /// Throws `collision`, `policyDenied` and `wheelInvalid`, with every breach.
  init(
    _ items: [CollisionCheck.Item], policy: Policy, minorVersion: String, store: Store
  ) throws(Failure) {
    let collisions = CollisionCheck(items, rule: policy.collisions, minorVersion: minorVersion)
    var found = collisions.diagnostics
    for (key, record) in collisions.records {
      found += Self.wheel(record, policy)
      for file in record.pthFiles where policy.pth != .allow {
        let file = PathFile(distribution: record.name, name: file, runsCode: store.runsCode(file, of: key))
        found.append(Self.pathFile(file, policy))
      }
    }
    let errors = found.filter { $0.severity == .error }
    guard errors.isEmpty else { throw Failure(errors) }
    records = collisions.records
    warnings = found
  }

  /// A wheel that was unpacked under other rules, for another environment, is held to these.
  private static func wheel(_ record: StoreRecord, _ policy: Policy) -> [Diagnostic] {
    let name = "\(record.name) \(record.version)"
    var found = (record.doubts ?? []).map { doubt in
      Diagnostic(.wheelInvalid, severity: .warning, "the wheel of \(name) is doubtful", because: doubt)
    }
    if let words = RecordBreaches.words(record.recordBreaches ?? []) {
      let isAllowed = policy.record.level(of: record.name) == .warn
      found.append(
        Diagnostic(
          .wheelInvalid, severity: isAllowed ? .warning : .error, "the wheel of \(name) does not keep to its RECORD",
          because: words + "\n" + policy.text(of: .record),
          hint: "ask its publisher for a corrected wheel, or choose another version"
            + (isAllowed ? "" : "; or let it pass with `policy.record: {packages: {\(record.name): warn}}`")))
    }
    let size = record.unpackedSize
    let isBomb = record.wheelSize.map { $0 < size / policy.unpacked.largestRatio } ?? false
    if size > policy.unpacked.largestSize || isBomb && size > UnpackLimits.ratioFloor {
      found.append(
        Diagnostic(
          .wheelInvalid, "the wheel of \(name) unpacks to more than is allowed",
          because: "it unpacks to \(size) bytes; " + policy.text(of: .unpacked),
          hint: "if it is meant to be so large, let it with `policy.unpacked: {size: …, ratio: …}`"))
    }
    return found
  }

  /// The complaint about a `.pth` file, where the rule does not allow it.
  static func pathFile(_ file: PathFile, _ policy: Policy) -> Diagnostic {
    let isDenied = policy.pth == .deny
    let effect = file.runsCode ? "which runs code whenever Python starts" : "which adds to the import path"
    return Diagnostic(
      .policyDenied, severity: isDenied ? .error : .warning,
      "\(file.distribution) brings \(quoted(file.name)), \(effect)",
      because: policy.text(of: .pth),
      hint: isDenied
        ? "choose a version without it, take out what needs it, or have the rule changed"
        : "if that is meant, say so with `policy.pth: allow`")
  }
}

extension Store {
  /// Holds entries against the rules of an environment, as a build of them would. Returns what is worth a warning.
  ///
  /// Throws `collision`, `policyDenied`, `wheelInvalid`, and `stateInvalid` where an entry is not in the store.
  public func check(_ keys: [String], policy: Policy, minorVersion: String) throws(Failure) -> [Diagnostic] {
    var items: [CollisionCheck.Item] = []
    for key in keys { items.append((key, try record(key))) }
    return try ContentCheck(items, policy: policy, minorVersion: minorVersion, store: self).warnings
  }

  /// The `.pth` files of an entry; nil when it is not in the store, or cannot be read. Quick where there are none.
  public func pathFiles(of key: String) -> [PathFile]? {
    guard contains(key), let names = try? Files.list("\(state.storeEntry(key))/tree") else { return nil }
    guard names.contains(where: { $0.hasSuffix(".pth") }) else { return [] }
    guard let record = try? record(key) else { return nil }
    return record.pthFiles.map {
      PathFile(distribution: record.name, name: $0, runsCode: runsCode($0, of: key))
    }
  }

  /// Whether a `.pth` file has a line that `site` runs; also where it cannot be read.
  func runsCode(_ file: String, of key: String) -> Bool {
    guard let bytes = try? Files.read("\(state.storeEntry(key))/tree/\(file)") else { return true }
    return bytes.split(separator: UInt8(ascii: "\n")).contains { line in
      line.starts(with: "import ".utf8) || line.starts(with: "import\t".utf8)
    }
  }
}

extension PathFile {
  /// Throws `policyDenied` for each file where the rule forbids them.
  public static func check(_ files: [PathFile], _ policy: Policy) throws(Failure) {
    guard policy.pth == .deny, !files.isEmpty else { return }
    throw Failure(files.map { ContentCheck.pathFile($0, policy) })
  }
}
