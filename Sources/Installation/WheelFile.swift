internal import Model

/// WHEEL: what kind of wheel it is.
///
/// Source: Python Packaging User Guide, "Binary distribution format" (PEP 427).
struct WheelFile {
  let rootIsPurelib: Bool
  private let version: String
  private let isNewer: Bool
  private let tags: Set<String>

  /// Reads it. Throws `wheelInvalid` where it is of a version whose rules are not known.
  init(_ text: String, _ archive: WheelArchive) throws(Failure) {
    var version: String?
    var isPurelib = false
    var tags = Set<String>()
    for line in Lines.of(text) {
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\t" } }
      guard parts.count == 2 else { continue }
      switch parts[0].lowercased() {
      case "wheel-version": version = version ?? parts[1]
      case "root-is-purelib": isPurelib = parts[1].lowercased() == "true"
      case "tag": tags.formUnion(Self.writtenOut(parts[1]))
      default: break
      }
    }
    let numbers = (version ?? "").split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    guard let version, let first = numbers.first, let major = first else {
      throw archive.invalid("its WHEEL does not say which Wheel-Version it is")
    }
    guard major == 1 else {
      throw archive.invalid("it is of Wheel-Version \(quoted(version)); this reader knows 1")
    }
    rootIsPurelib = isPurelib
    self.version = version
    isNewer = numbers.count > 1 && numbers[1] != 0
    self.tags = tags
  }

  /// What is worth a warning.
  func doubts(of fileName: WheelName) -> [String] {
    var doubts: [String] = []
    if isNewer {
      doubts.append("it is of Wheel-Version \(quoted(version)), of which only what 1.0 has is understood")
    }
    // Retagged wheels often keep their old tags there: what is installed goes by the file name.
    if !tags.isEmpty, tags.isDisjoint(with: fileName.tags) {
      doubts.append("its WHEEL is for \(tags.sorted().prefix(3).joined(separator: ", ")), its file name for others")
    }
    return doubts
  }

  /// `py2.py3-none-any` stands for two tags.
  private static func writtenOut(_ tag: String) -> [String] {
    let parts = tag.lowercased().split(separator: "-").map { $0.split(separator: ".") }
    guard parts.count == 3 else { return [] }
    return parts[0].flatMap { python in
      parts[1].flatMap { abi in parts[2].map { platform in "\(python)-\(abi)-\(platform)" } }
    }
  }
}

/// What a RECORD says that is not so, in the order in which it was found.
struct RecordBreaches {
  private(set) var all: [String]

  init(_ all: [String] = []) { self.all = all }

  mutating func breach(_ reason: String) { all.append(reason) }

  /// The first few; nil when there are none.
  var words: String? { Self.words(all) }

  static func words(_ all: [String]) -> String? {
    guard !all.isEmpty else { return nil }
    return all.prefix(3).joined(separator: "\n") + (all.count > 3 ? "\nand \(all.count - 3) more" : "")
  }
}
