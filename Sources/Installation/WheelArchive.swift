internal import Glibc
internal import Model
internal import Platform

/// A wheel as a ZIP archive, read strictly: what two readers could understand differently is refused.
///
/// Source: PKWARE APPNOTE 6.3.10 (central directory, zip64); wheels know two methods, stored and deflated.
final class WheelArchive {
  /// One file of the archive.
  struct Entry {
    var name: String
    var method: Int
    var crc: UInt32
    var packedSize: Int
    var size: Int
    var isExecutable: Bool
    /// Where its data begin in the archive.
    var start: Int
    /// Where its local header begins.
    var header: Int
    /// Whether its sizes stand behind its data, too.
    var hasDescriptor: Bool
  }

  /// The archive's path.
  let path: String
  /// The files, in the order of the central directory; directories are left out.
  private(set) var entries: [Entry] = []
  let bytes: UnsafeRawBufferPointer
  private let limits: UnpackLimits

  /// Maps the archive and reads its directory. Throws `io`, `wheelInvalid`.
  init(_ path: String, limits: UnpackLimits = UnpackLimits()) throws(Failure) {
    self.path = path
    self.limits = limits
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Files.failure("could not read the wheel", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Files.failure("could not read the wheel", path) }
    let size = Int(status.st_size)
    guard size >= 22 else { throw WheelArchive.invalid(path, "it is no ZIP archive") }
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw Files.failure("could not map the wheel", path)
    }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
    try readDirectory()
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }

  /// The failure that says why a wheel is refused.
  static func invalid(_ path: String, _ reason: String, hint: String? = nil) -> Failure {
    Failure(
      .wheelInvalid, "the wheel \(path.lastPathComponent) is not valid", at: .path(path), because: reason,
      hint: "nothing of it was installed; ask its publisher for a corrected wheel, or choose another version"
        + (hint.map { "; \($0)" } ?? ""))
  }

  func invalid(_ reason: String, hint: String? = nil) -> Failure { WheelArchive.invalid(path, reason, hint: hint) }

  private static let largerHint = "if it is meant to be so large, let it with `policy.unpacked: {size: …, ratio: …}`"

  private func readDirectory() throws(Failure) {
    let all = ZipBytes(bytes: bytes)
    let directory = try findDirectory(all)
    guard let central = all.part(directory.offset, directory.size) else {
      throw invalid("its central directory does not lie where the archive says")
    }
    var offset = 0
    var names = MemberNames()
    var members: [Entry] = []
    var total = 0
    for _ in 0..<directory.count {
      guard let head = central.part(offset, 46), head.long(0) == 0x0201_4b50,
        let rest = central.part(offset + 46, head.short(28) + head.short(30) + head.short(32))
      else { throw invalid("its central directory is cut short") }
      offset += 46 + rest.bytes.count
      let (entry, isFolder) = try self.entry(head, rest, all, limit: directory.offset)
      members.append(entry)
      if isFolder { continue }
      try names.add(entry.name, of: self)
      guard entry.size <= limits.largestSize - total else {
        throw invalid("it unpacks to more than \(ByteCount.text(limits.largestSize))", hint: Self.largerHint)
      }
      total += entry.size
      entries.append(entry)
    }
    guard offset == central.bytes.count else {
      throw invalid("its central directory has bytes that belong to no entry")
    }
    try names.check(of: self)
    guard total <= UnpackLimits.ratioFloor || total / limits.largestRatio <= bytes.count else {
      throw invalid(
        "it unpacks to more than \(limits.largestRatio) times its size, as an archive bomb does", hint: Self.largerHint)
    }
    try checkCoverage(members, upTo: directory.offset, all)
  }

  private func findDirectory(_ all: ZipBytes) throws(Failure) -> (offset: Int, size: Int, count: Int) {
    let last = all.bytes.count - 22
    var position = last
    // The record's comment must reach to the end of the file, so that there is one reading of where the record is.
    while true {
      guard position >= 0, position >= last - 0xffff, let record = all.part(position, 22) else {
        throw invalid("it is no ZIP archive, is cut short, or has bytes behind its end")
      }
      if record.long(0) == 0x0605_4b50, record.short(20) == last - position { break }
      position -= 1
    }
    try checkEnd(all, at: position)
    guard let record = all.part(position, 22) else { throw invalid("it is no ZIP archive") }
    var (count, size, offset) = (record.short(10), record.long(12), record.long(16))
    guard record.short(4) == 0, record.short(6) == 0, record.short(8) == count else {
      throw invalid("it is one of several parts")
    }
    var end = position
    if let locator = all.part(position - 20, 20), locator.long(0) == 0x0706_4b50 {
      guard let place = locator.huge(8), let large = all.part(place, 56), large.long(0) == 0x0606_4b50,
        let largeCount = large.huge(32), let largeSize = large.huge(40), let largeOffset = large.huge(48),
        let recordSize = large.huge(4), recordSize == 44, place + 12 + recordSize == position - 20,
        locator.long(4) == 0, locator.long(16) == 1,
        large.long(16) == 0, large.long(20) == 0,
        large.huge(24) == largeCount, [0xffff, largeCount].contains(count),
        [0xffff_ffff, largeSize].contains(size), [0xffff_ffff, largeOffset].contains(offset)
      else { throw invalid("its zip64 records contradict each other") }
      (count, size, offset, end) = (largeCount, largeSize, largeOffset, place)
    }
    guard size >= 0, offset >= 0, size <= end, offset == end - size, count <= size / 46 else {
      throw invalid("its central directory does not lie where the archive says")
    }
    return (offset, size, count)
  }

  private func entry(
    _ head: ZipBytes, _ rest: ZipBytes, _ all: ZipBytes, limit: Int
  ) throws(Failure) -> (Entry, isFolder: Bool) {
    guard let nameBytes = rest.part(0, head.short(28)),
      let name = String(validating: nameBytes.bytes, as: UTF8.self)
    else { throw invalid("it has a name that is not UTF-8") }
    guard let extras = rest.part(head.short(28), head.short(30))?.extraFields() else {
      throw invalid("the extra fields of \(quoted(name)) are broken")
    }
    // A second name for the same file, which other readers may follow.
    guard !extras.contains(where: { $0.kind == 0x7075 }) else { throw invalid("\(quoted(name)) has a second name") }
    var large = try largeNumbers(extras, name)
    let flags = head.short(8)
    // Without the flag, some readers take the name for code page 437.
    guard flags & 0x800 != 0 || name.utf8.allSatisfy({ $0 < 0x80 }) else {
      throw invalid("\(quoted(name)) is not marked as UTF-8: readers may take it for two different names")
    }
    guard flags & 0b10_0000_0100_0001 == 0 else { throw invalid("\(quoted(name)) is encrypted") }
    var entry = Entry(
      name: name, method: head.short(10), crc: UInt32(truncatingIfNeeded: head.long(16)),
      packedSize: head.long(20), size: head.long(24), isExecutable: false, start: 0, header: head.long(42),
      hasDescriptor: flags & 8 != 0)
    if entry.size == 0xffff_ffff { entry.size = try large.next(self, name) }
    if entry.packedSize == 0xffff_ffff { entry.packedSize = try large.next(self, name) }
    if entry.header == 0xffff_ffff { entry.header = try large.next(self, name) }
    guard large.isUsedUp else { throw invalid("the zip64 field of \(quoted(name)) says more than it is asked") }
    guard entry.method == 0 || entry.method == 8 else {
      throw invalid("\(quoted(name)) is packed with method \(entry.method); wheels know stored (0) and deflated (8)")
    }
    guard entry.method == 8 || entry.size == entry.packedSize else {
      throw invalid("\(quoted(name)) is stored with two different sizes")
    }
    let mode = head.long(38) >> 16
    switch mode & 0o170000 {
    case 0, 0o100000: break
    case 0o040000 where name.hasSuffix("/"): break
    case 0o120000: throw invalid("\(quoted(name)) is a symbolic link")
    default: throw invalid("\(quoted(name)) is neither a file nor a directory")
    }
    entry.isExecutable = mode & 0o111 != 0
    let isFolder = name.hasSuffix("/")
    if isFolder, entry.size != 0 { throw invalid("\(quoted(name)) is a directory with content") }
    guard SafePath.isSafe(isFolder ? String(name.dropLast()) : name) else {
      throw invalid("\(quoted(name)) is no path within the wheel")
    }
    try compareLocal(&entry, nameBytes, flags, all, limit: limit)
    return (entry, isFolder)
  }

  private func compareLocal(
    _ entry: inout Entry, _ name: ZipBytes, _ flags: Int, _ all: ZipBytes, limit: Int
  ) throws(Failure) {
    guard let local = all.part(entry.header, 30), local.long(0) == 0x0403_4b50,
      let rest = all.part(entry.header + 30, local.short(26) + local.short(28)),
      let localName = rest.part(0, local.short(26)),
      let extras = rest.part(local.short(26), local.short(28))?.extraFields()
    else { throw invalid("\(quoted(entry.name)) has no proper header") }
    guard !extras.contains(where: { $0.kind == 0x7075 }) else {
      throw invalid("\(quoted(entry.name)) has a second name")
    }
    entry.start = entry.header + 30 + rest.bytes.count
    guard entry.start <= limit, entry.packedSize >= 0, entry.packedSize <= limit - entry.start else {
      throw invalid("\(quoted(entry.name)) lies outside the archive's data")
    }
    var agrees =
      localName.bytes.elementsEqual(name.bytes) && local.short(6) & 0b1001 == flags & 0b1001
      && local.short(8) == entry.method
    var (crc, size, packed) = (local.long(14), local.long(22), local.long(18))
    var large = try largeNumbers(extras, entry.name)
    if size == 0xffff_ffff, large.isPresent { size = try large.next(self, entry.name) }
    if packed == 0xffff_ffff, large.isPresent { packed = try large.next(self, entry.name) }
    // With bit 3 the numbers stand behind the data, and here is nothing, or the same.
    if flags & 8 != 0 {
      if crc == 0 { crc = Int(entry.crc) }
      if size == 0 || size == 0xffff_ffff { size = entry.size }
      if packed == 0 || packed == 0xffff_ffff { packed = entry.packedSize }
    }
    agrees = agrees && crc == Int(entry.crc) && size == entry.size && packed == entry.packedSize
    guard agrees else { throw invalid("the two headers of \(quoted(entry.name)) contradict each other") }
  }

  /// The numbers of a zip64 field, in its order: those whose places in the header are all ones.
  private struct LargeNumbers {
    var field: ZipBytes?
    var offset = 0
    var isPresent: Bool { field != nil }
    var isUsedUp: Bool { offset == field?.bytes.count ?? 0 }

    mutating func next(_ archive: WheelArchive, _ name: String) throws(Failure) -> Int {
      guard let number = field?.part(offset, 8)?.huge(0) else {
        throw archive.invalid("the zip64 field of \(quoted(name)) is broken")
      }
      offset += 8
      return number
    }
  }

  private func largeNumbers(
    _ extras: [(kind: Int, content: ZipBytes)], _ name: String
  ) throws(Failure) -> LargeNumbers {
    let fields = extras.filter { $0.kind == 1 }
    guard fields.count <= 1 else { throw invalid("\(quoted(name)) has two zip64 fields") }
    return LargeNumbers(field: fields.first?.content)
  }
}

/// A name out of an archive for a message: control characters made visible, and not too long.
func quoted(_ name: String) -> String {
  let shown = name.unicodeScalars.prefix(120).map { $0.value < 32 || $0.value == 127 ? "?" : String($0) }.joined()
  return "'\(shown)'"
}

/// Which relative paths may be written.
enum SafePath {
  /// Whether the path stays below where it is put, on every system: no empty, `.` or `..` component, no backslash,
  /// NUL or drive letter.
  static func isSafe(_ path: String) -> Bool {
    let bytes = path.utf8
    guard !bytes.isEmpty, !bytes.contains(0), !bytes.contains(UInt8(ascii: "\\")) else { return false }
    if bytes.count >= 2, bytes.dropFirst().first == UInt8(ascii: ":") { return false }
    return bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { component in
      !component.isEmpty && component.count <= 255 && !component.elementsEqual(".".utf8)
        && !component.elementsEqual("..".utf8)
    }
  }
}
