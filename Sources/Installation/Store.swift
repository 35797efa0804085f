public import Model
public import Platform

/// Unpacked wheels by the SHA-256 of the wheel: written once, never modified, shared by all generations.
///
/// `store/<sha256>/` holds `tree/`, `data/`, `dist-info/` and `record.json`. Safe to use from several tasks and processes
/// at once: an entry is made in staging and renamed into place, and who comes second uses what the first made.
public struct Store: Sendable {
  let state: StateDirectory

  /// The store of a state directory.
  public init(state: StateDirectory) {
    self.state = state
  }

  /// Whether the wheel of this SHA-256 is unpacked.
  public func contains(_ key: String) -> Bool {
    Files.exists("\(state.storeEntry(key))/record.json")
  }

  /// A wheel that lies unpacked in staging.
  public struct Unpacked: Sendable {
    /// The wheel's SHA-256.
    public let key: String
    /// What it holds.
    public let record: StoreRecord
    let path: String
  }

  /// Unpacks a wheel and takes it into the store. For several wheels, `unpack` each and `adopt` them together.
  ///
  /// Throws `wheelInvalid`, `io`.
  public func add(wheel path: String, key: String, in staging: StagingArea) throws -> StoreRecord {
    if contains(key) { return try record(key) }
    let unpacked = try unpack(wheel: path, key: key, in: staging)
    try adopt([unpacked])
    return unpacked.record
  }

  /// What a wheel is held to when it is unpacked.
  public struct WheelRules: Sendable {
    /// What happens where its RECORD says something else than what is in it.
    public var record: BreachLevel
    /// How much it may unpack to.
    public var limits: UnpackLimits
    /// The tags of the interpreter that it has to fit; nil where that does not matter.
    public var tags: [String]?

    /// The strictest rules, unless others are given.
    public init(record: BreachLevel = .error, limits: UnpackLimits = UnpackLimits(), tags: [String]? = nil) {
      self.record = record
      self.limits = limits
      self.tags = tags
    }
  }

  /// Unpacks a wheel in staging, every file checked against its RECORD. The caller has checked the wheel's own hash.
  ///
  /// Throws `wheelInvalid`, `wheelUnfit`, `io`; nothing is left behind then.
  public func unpack(
    wheel path: String, key: String, in staging: StagingArea, rules: WheelRules = WheelRules()
  ) throws(Failure) -> Unpacked {
    guard let fileName = WheelName(path.lastPathComponent) else {
      throw WheelArchive.invalid(path, "its file name is no wheel's")
    }
    // What was chosen from a lockfile fits; what was built is as its back end named it.
    if let tags = rules.tags, WheelTags.Ranking(tags).rank(of: fileName) == nil {
      throw Failure(
        .wheelUnfit, "the wheel \(fileName) does not fit the interpreter", at: .path(path),
        because: "the interpreter can install \(tags.first ?? "nothing") and the like",
        hint: "lock again with this interpreter: pinion lock; what was built here is named by its own build back end")
    }
    let archive = try WheelArchive(path, limits: rules.limits)
    let layout = try WheelLayout(archive, fileName: fileName, record: rules.record)
    let directory = "\(staging.path)/wheel-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    do throws(Failure) {
      var record = try write(layout, archive, to: directory, rules)
      record.reaches = OriginReach.paths(of: record.tree.map(\.path)) { path in
        ELFDynamics { (try? Files.read("\(directory)/tree/\(path)", from: $0, count: $1)) ?? [] }
      }
      try Files.write(try JSONText.bytes(of: record), to: "\(directory)/record.json")
      return Unpacked(key: key, record: record, path: directory)
    } catch {
      try? Files.remove(directory)
      throw error
    }
  }

  /// Takes unpacked wheels into the store. All of them are written out to the disk first, once, so that a name in the
  /// store always means a whole entry, also after a power failure. An entry that is there already stays.
  ///
  /// Entries whose keys are among `damaged` are exchanged for the fresh ones in one step, since generations in use link to
  /// them. Throws `io`.
  public func adopt(_ wheels: [Unpacked], replacing damaged: Set<String> = []) throws(Failure) {
    guard let first = wheels.first else { return }
    try Files.makeDirectory(state.store)
    try Files.syncFileSystem(holding: first.path)
    for wheel in wheels {
      let place = state.storeEntry(wheel.key)
      if damaged.contains(wheel.key), Files.kind(place) == .directory {
        try Files.exchange(wheel.path, with: place)
        try Files.remove(wheel.path)
        continue
      }
      // Without its record, an entry is what is left of a removal.
      if Files.kind(place) != nil, !contains(wheel.key) { try Files.remove(place) }
      if try !Files.renameExclusively(wheel.path, to: place) { try Files.remove(wheel.path) }
    }
    try Files.sync(directory: state.store)
  }

  /// What an entry holds. Throws `stateInvalid` when there is none, or its record cannot be read.
  public func record(_ key: String) throws(Failure) -> StoreRecord {
    let path = "\(state.storeEntry(key))/record.json"
    guard let bytes = try Files.readIfPresent(path), let record = JSONNode(bytes).flatMap(StoreRecord.init)
    else {
      throw Failure(
        .stateInvalid, "the store has no readable entry for a wheel", at: .path(path),
        hint: "run pinion verify --deep and then pinion apply: the wheel is fetched again")
    }
    return record
  }

  /// Removes an entry: its record first, so that a kill in the middle leaves nothing that counts as an entry.
  public func remove(_ key: String) throws(Failure) {
    try Files.remove("\(state.storeEntry(key))/record.json")
    try Files.remove(state.storeEntry(key))
  }

  /// The keys of all entries, and of what a removal that was cut short left; sorted.
  public func keys() throws(Failure) -> [String] {
    try Files.list(state.store).filter { $0.utf8.count == 64 && $0.allSatisfy(\.isHexDigit) }
  }

  /// What is not as recorded in an entry, in words, sorted; empty when all is well. Reads every file.
  ///
  /// Bytecode is derived data and no damage.
  public func damage(of key: String) -> [String] {
    guard let record = try? record(key) else { return ["record.json: missing or unreadable"] }
    let root = state.storeEntry(key)
    var expected: [String: StoreFile] = [:]
    for file in record.tree { expected["tree/\(file.path)"] = file }
    for file in record.data { expected["data/\(file.path)"] = file }
    for file in record.metadata { expected["dist-info/\(file.path)"] = file }
    var findings: [String] = []
    for (path, file) in expected {
      guard Files.kind("\(root)/\(path)") == .file, let digest = try? FileDigest.sha256("\(root)/\(path)") else {
        findings.append("\(path): missing")
        continue
      }
      if digest != file.sha256 { findings.append("\(path): changed") }
    }
    for part in ["tree", "data", "dist-info"] { strays(in: part, root, expected, &findings) }
    return findings.sorted()
  }

  private func strays(
    in directory: String, _ root: String, _ expected: [String: StoreFile], _ findings: inout [String]
  ) {
    for name in (try? Files.list("\(root)/\(directory)")) ?? [] where name != "__pycache__" {
      let path = "\(directory)/\(name)"
      if Files.kind("\(root)/\(path)") == .directory {
        strays(in: path, root, expected, &findings)
      } else if expected[path] == nil {
        findings.append("\(path): not of the wheel")
      }
    }
  }

  private func write(
    _ layout: WheelLayout, _ archive: WheelArchive, to directory: String, _ rules: WheelRules
  ) throws(Failure) -> StoreRecord {
    var breaches = RecordBreaches(layout.recordBreaches)
    var files: [WheelLayout.Part: [StoreFile]] = [:]
    var made = Set<String>()
    for part in [WheelLayout.Part.tree, .data, .distInfo] { try Files.makeDirectory("\(directory)/\(part.rawValue)") }
    for placement in layout.placements {
      let path = "\(directory)/\(placement.part.rawValue)/\(placement.path)"
      if made.insert(path.parentPath).inserted { try Files.makeDirectory(path.parentPath) }
      let executable = placement.entry.isExecutable || placement.path.hasPrefix("scripts/") && placement.part == .data
      let digest = try archive.extract(placement.entry, to: path, executable: executable)
      if let hash = placement.hash,
        try hash.digest != (hash.algorithm == .sha256 ? digest : FileDigest.digest(hash.algorithm, of: path))
      {
        breaches.breach("\(quoted(placement.entry.name)) does not have the hash that its RECORD states")
        if rules.record == .error, let words = breaches.words {
          throw WheelLayout.recordInvalid(archive, words, layout.name)
        }
      }
      files[placement.part, default: []].append(
        StoreFile(path: placement.path, sha256: digest, size: placement.entry.size, executable: executable))
    }
    let tree = files[.tree] ?? []
    return StoreRecord(
      name: layout.name, version: layout.version, distInfo: layout.distInfo, rootIsPurelib: layout.rootIsPurelib,
      tree: tree, metadata: files[.distInfo] ?? [], data: files[.data] ?? [], entryPoints: layout.entryPoints,
      topLevel: layout.statedTopLevel ?? TopLevelNames.derive(from: tree.map(\.path)),
      pthFiles: tree.map(\.path).filter { !$0.contains("/") && $0.hasSuffix(".pth") },
      recordBreaches: breaches.all.isEmpty ? nil : breaches.all, doubts: layout.doubts.isEmpty ? nil : layout.doubts,
      wheelSize: archive.bytes.count)
  }
}
