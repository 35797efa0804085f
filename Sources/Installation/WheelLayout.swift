internal import Model

/// Where each file of a wheel goes, after the wheel was found to keep every rule.
///
/// Source: Python Packaging User Guide, "Binary distribution format" (PEP 427) and "Recording installed projects"
/// (PEP 376, PEP 627) for RECORD.
struct WheelLayout {
  /// The parts of a store entry.
  enum Part: String { case tree, data, distInfo = "dist-info" }

  /// A file, where it goes, and what its hash must be.
  struct Placement {
    var entry: WheelArchive.Entry
    var part: Part
    var path: String
    /// Nil for the few files that RECORD lists without one.
    var hash: FileHash?
  }

  let name: PackageName
  let version: String
  let distInfo: String
  let rootIsPurelib: Bool
  let placements: [Placement]
  let entryPoints: [ScriptEntryPoint]
  /// What top_level.txt names, where the wheel brings one.
  let statedTopLevel: [String]?
  /// What its RECORD says that is not so; empty where that is an error.
  let recordBreaches: [String]
  /// What is worth a warning besides.
  let doubts: [String]

  /// Checks the archive; `record` says what happens where RECORD says something else than what is in it. Throws
  /// `wheelInvalid`, `io`.
  init(_ archive: WheelArchive, fileName: WheelName, record level: BreachLevel = .error) throws(Failure) {
    let distInfo = try Self.distInfoDirectory(of: archive, fileName)
    self.distInfo = distInfo
    let files = Dictionary(archive.entries.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    func text(_ file: String) throws(Failure) -> String? {
      guard let entry = files["\(distInfo)/\(file)"] else { return nil }
      guard let text = String(validating: try archive.contents(of: entry), as: UTF8.self) else {
        throw archive.invalid("\(distInfo)/\(file) is not UTF-8")
      }
      return text
    }
    guard let metadataText = try text("METADATA"), let metadata = DistributionMetadata(metadataText) else {
      throw archive.invalid("it has no METADATA with a name and a version")
    }
    guard metadata.name == fileName.distribution, metadata.version == fileName.version else {
      throw archive.invalid(
        "its METADATA says \(metadata.name) \(metadata.version), and its file name "
          + "\(fileName.distribution) \(fileName.version)")
    }
    name = metadata.name
    version = "\(metadata.version)"
    guard let wheelText = try text("WHEEL") else { throw archive.invalid("it has no \(distInfo)/WHEEL") }
    let wheelFile = try WheelFile(wheelText, archive)
    rootIsPurelib = wheelFile.rootIsPurelib
    doubts = wheelFile.doubts(of: fileName)
    guard let recordText = try text("RECORD") else { throw archive.invalid("it has no \(distInfo)/RECORD") }
    let record = RecordFile(recordText)
    entryPoints = try Self.entryPoints(try text("entry_points.txt") ?? "", archive, fileName)
    statedTopLevel = try text("top_level.txt").map { text in
      Lines.of(text).map(String.init).filter { !$0.isEmpty }
    }
    var breaches = RecordBreaches(record.breaches)
    placements = try Self.place(archive, fileName, distInfo, record, &breaches)
    for absent in record.rows.keys.sorted() where files[absent] == nil {
      breaches.breach("its RECORD lists \(quoted(absent)), which is not in it")
    }
    if level == .error, let words = breaches.words { throw Self.recordInvalid(archive, words, name) }
    recordBreaches = breaches.all
  }

  /// The failure that says what RECORD says that is not so, and how to let it pass.
  static func recordInvalid(_ archive: WheelArchive, _ reason: String, _ name: PackageName) -> Failure {
    archive.invalid(reason, hint: "or let it pass with `policy.record: {packages: {\(name): warn}}`")
  }

  private static func distInfoDirectory(of archive: WheelArchive, _ fileName: WheelName) throws(Failure) -> String {
    var directories = Set<String>()
    for entry in archive.entries {
      guard let slash = entry.name.firstIndex(of: "/") else { continue }
      let top = entry.name[..<slash]
      if top.ends(inAnyCaseOf: ".dist-info") { directories.insert(String(top)) }
    }
    guard let directory = directories.first, directories.count == 1 else {
      throw archive.invalid(
        directories.isEmpty
          ? "it has no .dist-info directory" : "it has several: \(directories.sorted().joined(separator: ", "))")
    }
    guard isOwn(directory, suffix: ".dist-info", fileName) else {
      throw archive.invalid("its file name and \(quoted(directory)) name different distributions or versions")
    }
    return directory
  }

  /// Whether a directory is `{name}-{version}` and a suffix, of this wheel.
  private static func isOwn(_ directory: some StringProtocol, suffix: String, _ fileName: WheelName) -> Bool {
    guard directory.hasSuffix(suffix) else { return false }
    let stem = directory.dropLast(suffix.count)
    guard let dash = stem.lastIndex(of: "-"), let version = Version(String(stem[stem.index(after: dash)...])) else {
      return false
    }
    return PackageName(stem[..<dash]) == fileName.distribution && version == fileName.version
  }

  private static func place(
    _ archive: WheelArchive, _ fileName: WheelName, _ distInfo: String, _ record: RecordFile,
    _ breaches: inout RecordBreaches
  ) throws(Failure) -> [Placement] {
    var placements: [Placement] = []
    var taken = MemberNames()
    let exempt = ["RECORD", "RECORD.jws", "RECORD.p7s"].map { "\(distInfo)/\($0)" }
    for entry in archive.entries {
      let isBytecode = entry.name.utf8.split(separator: UInt8(ascii: "/")).contains {
        $0.elementsEqual("__pycache__".utf8)
      }
      var expected: FileHash?
      if !exempt.contains(entry.name) {
        if let row = record.rows[entry.name] {
          if row.hash == nil, !isBytecode { breaches.breach("its RECORD has no hash for \(quoted(entry.name))") }
          if let size = row.size, size != entry.size {
            breaches.breach("\(quoted(entry.name)) does not have the size that its RECORD states")
          }
          expected = row.hash
        } else if !isBytecode {
          breaches.breach("\(quoted(entry.name)) is not listed in its RECORD")
        }
      }
      if isBytecode { continue }
      let (part, path) = try destination(entry.name, archive, fileName, distInfo)
      try taken.add("\(part.rawValue)/\(path)", of: archive, placing: true)
      placements.append(Placement(entry: entry, part: part, path: path, hash: expected))
    }
    try taken.check(of: archive)
    return placements.sorted { $0.path < $1.path }
  }

  private static func destination(
    _ path: String, _ archive: WheelArchive, _ fileName: WheelName, _ distInfo: String
  ) throws(Failure) -> (Part, String) {
    guard let slash = path.firstIndex(of: "/") else { return (.tree, path) }
    let (top, rest) = (path[..<slash], path[path.index(after: slash)...])
    if top == distInfo { return (.distInfo, String(rest)) }
    guard isOwn(top, suffix: ".data", fileName) else {
      // Some readers take any such directory for the wheel's own.
      guard !top.ends(inAnyCaseOf: ".data") else {
        throw archive.invalid("\(quoted(String(top))) is the data directory of another distribution or version")
      }
      return (.tree, path)
    }
    guard let second = rest.firstIndex(of: "/") else {
      throw archive.invalid("\(quoted(path)) belongs to no scheme")
    }
    let (scheme, inner) = (rest[..<second], rest[rest.index(after: second)...])
    switch scheme {
    case "purelib", "platlib":
      let isMetadata = inner.prefix { $0 != "/" }.ends(inAnyCaseOf: ".dist-info")
      guard !isMetadata else { throw archive.invalid("\(quoted(path)) would pass for a distribution of its own") }
      return (.tree, String(inner))
    case "headers": return (.data, String(rest))
    case "data":
      if inner.hasPrefix("bin/") { try check(command: String(inner.dropFirst(4)), archive, fileName) }
      return (.data, String(rest))
    case "scripts":
      try check(command: String(inner), archive, fileName)
      return (.data, String(rest))
    default: throw archive.invalid("\(quoted(path)) belongs to the unknown scheme \(quoted(String(scheme)))")
    }
  }

  private static func check(command name: String, _ archive: WheelArchive, _ fileName: WheelName) throws(Failure) {
    guard CommandName.isUsable(name) else { throw archive.invalid("\(quoted(name)) is no name for a command") }
    guard !CommandName.isReserved(name) else {
      throw archive.invalid("its command \(quoted(name)) would take the place of the environment's own")
    }
    guard !CommandName.isPip(name) || fileName.distribution.text == "pip" else {
      throw archive.invalid("its command \(quoted(name)) would take the place of pip's")
    }
  }

  /// Source: Python Packaging User Guide, "Entry points specification".
  private static func entryPoints(
    _ text: String, _ archive: WheelArchive, _ fileName: WheelName
  ) throws(Failure) -> [ScriptEntryPoint] {
    var points: [ScriptEntryPoint] = []
    var isScripts = false
    for raw in Lines.of(text) {
      let line = raw.drop { $0 == " " || $0 == "\t" }
      guard let first = line.first, first != "#", first != ";" else { continue }
      if first == "[" {
        let section = line.dropFirst().prefix { $0 != "]" }
        isScripts = section == "console_scripts" || section == "gui_scripts"
        continue
      }
      guard isScripts else { continue }
      let parts = line.split(separator: "=", maxSplits: 1)
      let name = String((parts.first ?? "").reversed().drop { $0 == " " || $0 == "\t" }.reversed())
      try check(command: name, archive, fileName)
      guard parts.count == 2, let point = ScriptEntryPoint(name: name, reference: parts[1]) else {
        throw archive.invalid("its entry point \(quoted(String(line))) does not name a function as module:function")
      }
      if points.contains(where: { $0.name == name && $0 != point }) {
        throw archive.invalid("it has two entry points \(quoted(name))")
      }
      if !points.contains(point) { points.append(point) }
    }
    return points.sorted { $0.name < $1.name }
  }
}

extension StringProtocol {
  /// Whether it ends with these lower-case letters and signs, in any case of letters.
  fileprivate func ends(inAnyCaseOf suffix: String) -> Bool {
    utf8.count >= suffix.utf8.count && utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) { $0 | 0x20 == $1 }
  }
}
