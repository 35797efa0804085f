internal import Model

/// Every byte of an archive belongs to one thing, so that there is one reading of it.
extension WheelArchive {
  /// Throws where members overlap, and where bytes lie before, between or behind them that are none of theirs.
  func checkCoverage(_ members: [Entry], upTo limit: Int, _ all: ZipBytes) throws(Failure) {
    let members = members.sorted { $0.header < $1.header }
    var end = 0
    var previous: Entry?
    for member in members {
      if let previous, end > member.header {
        throw invalid("\(quoted(previous.name)) and \(quoted(member.name)) overlap in it")
      }
      try checkGap(behind: previous, from: end, to: member.header, all)
      end = member.start + member.packedSize
      previous = member
    }
    try checkGap(behind: previous, from: end, to: limit, all)
  }

  /// Between two members nothing may lie but what the first one's flags announce: its checksum and its sizes once more.
  private func checkGap(behind member: Entry?, from start: Int, to end: Int, _ all: ZipBytes) throws(Failure) {
    guard let member else {
      guard end == 0 else { throw invalid("it has \(end) bytes before its first file") }
      return
    }
    guard member.hasDescriptor, end > start else {
      guard end == start else { throw invalid("it has bytes behind \(quoted(member.name)) that belong to no file") }
      return
    }
    guard let descriptor = all.part(start, end - start), [12, 16, 20, 24].contains(descriptor.bytes.count) else {
      throw invalid("it has bytes behind \(quoted(member.name)) that belong to no file")
    }
    let isSigned = descriptor.bytes.count % 8 == 0
    let numbers = isSigned ? 4 : 0
    let isLarge = descriptor.bytes.count >= 20
    let packed = isLarge ? descriptor.huge(numbers + 4) : descriptor.long(numbers + 4)
    let size = isLarge ? descriptor.huge(numbers + 12) : descriptor.long(numbers + 8)
    guard !isSigned || descriptor.long(0) == 0x0807_4b50, descriptor.long(numbers) == Int(member.crc),
      packed == member.packedSize, size == member.size
    else { throw invalid("what stands behind \(quoted(member.name)) contradicts its headers") }
  }

  /// Throws where another record could be taken for the archive's last one.
  func checkEnd(_ all: ZipBytes, at position: Int) throws(Failure) {
    let last = all.bytes.count - 22
    let first = max(0, last - 0xffff)
    // In the comment any will do; before it, one whose own comment would reach to the end as well.
    var place = all.bytes.count - 4
    while place >= first {
      if place != position, all.bytes[place] == 0x50, let signature = all.part(place, 4),
        signature.long(0) == 0x0605_4b50
      {
        let reaches = place <= last && all.part(place, 22)?.short(20) == last - place
        if place > position || reaches { throw invalid("it has two ends, and readers may take either") }
      }
      place -= 1
    }
  }
}

/// The names of an archive's files. Swift compares texts by canonical equivalence, so that names in different Unicode
/// normal forms are one.
struct MemberNames {
  /// By the name without regard to case.
  private var files: [String: String] = [:]
  private var folders: [String: String] = [:]

  /// Throws when the name is there already, or one that is the same on some systems. `placing`: it is where a file goes.
  mutating func add(_ name: String, of archive: WheelArchive, placing: Bool = false) throws(Failure) {
    if let other = files.updateValue(name, forKey: Self.folded(name)) {
      guard !placing else {
        throw archive.invalid(
          "two files of it go to \(quoted(String(name[name.index(after: name.firstIndex(of: "/") ?? name.startIndex)...])))"
        )
      }
      guard !other.utf8.elementsEqual(name.utf8) else { throw archive.invalid("\(quoted(name)) is in it twice") }
      throw archive.invalid(
        "\(quoted(other)) and \(quoted(name)) are one name where case or Unicode's forms do not count")
    }
    var folder = name
    while let slash = folder.utf8.lastIndex(of: UInt8(ascii: "/")) {
      folder = String(folder[..<slash])
      if folders.updateValue(folder, forKey: Self.folded(folder)) != nil { break }
    }
  }

  /// Throws when one of the names is a directory's, too.
  func check(of archive: WheelArchive) throws(Failure) {
    for (key, name) in files.sorted(by: { $0.value < $1.value }) where folders[key] != nil {
      throw archive.invalid("\(quoted(name)) is a file and a directory in it")
    }
  }

  /// ASCII, which nearly all names are, needs no look at Unicode's tables.
  private static func folded(_ name: String) -> String {
    guard name.utf8.allSatisfy({ $0 < 0x80 }) else { return name.uppercased().lowercased() }
    guard name.utf8.contains(where: { (65...90).contains($0) }) else { return name }
    return String(decoding: name.utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
  }
}
