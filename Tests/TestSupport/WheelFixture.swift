internal import Model
internal import Platform

/// A wheel that a test builds: right by default, and wrong in just the way that a test asks for.
public struct WheelFixture: Sendable {
  /// The distribution's name as it is written.
  public var name: String
  /// Its version.
  public var version: String
  /// Python, ABI and platform tag.
  public var tag: String
  /// Files outside dist-info, by path: text.
  public var files: [String: String]
  /// `Requires-Dist` lines.
  public var requires: [String]
  /// `name = module:function` lines of `console_scripts`.
  public var commands: [String]
  /// More files of dist-info, or others in place of those that are made.
  public var metadata: [String: String] = [:]
  /// Paths that carry the executable bit.
  public var executables: Set<String> = []
  /// Changes the lines of RECORD before they are written.
  public var editRecord: @Sendable ([String]) -> [String] = { $0 }
  /// Changes the entries of the archive before they are written; RECORD is among them.
  public var editEntries: @Sendable ([ZipFixture.Entry]) -> [ZipFixture.Entry] = { $0 }
  /// Changes the archive's bytes before they are written; they end with a record of 22 bytes, without a comment.
  public var editArchive: @Sendable ([UInt8]) -> [UInt8] = { $0 }

  /// Describes a wheel.
  public init(
    _ name: String, _ version: String = "1.0", files: [String: String] = [:], requires: [String] = [],
    commands: [String] = [], tag: String = "py3-none-any"
  ) {
    self.name = name
    self.version = version
    self.files = files
    self.requires = requires
    self.commands = commands
    self.tag = tag
  }

  /// `name-version`, escaped as in file names.
  public var stem: String { "\(name.replacing("-", with: "_"))-\(version)" }
  /// The name of its dist-info directory.
  public var distInfo: String { "\(stem).dist-info" }
  /// The wheel's file name.
  public var fileName: String { "\(stem)-\(tag).whl" }

  /// The wheel's bytes.
  public func bytes() -> [UInt8] {
    var all = files
    all["\(distInfo)/METADATA"] =
      "Metadata-Version: 2.1\nName: \(name)\nVersion: \(version)\n"
      + requires.map { "Requires-Dist: \($0)\n" }.joined() + "\nA fixture.\n"
    all["\(distInfo)/WHEEL"] = "Wheel-Version: 1.0\nGenerator: fixture\nRoot-Is-Purelib: true\nTag: \(tag)\n"
    if !commands.isEmpty {
      all["\(distInfo)/entry_points.txt"] = "[console_scripts]\n" + commands.map { "\($0)\n" }.joined()
    }
    for (path, text) in metadata { all["\(distInfo)/\(path)"] = text }
    var entries = all.sorted { $0.key < $1.key }.map { path, text in
      ZipFixture.Entry(path, Array(text.utf8), mode: executables.contains(path) ? 0o100755 : 0o100644)
    }
    var lines = entries.map { "\($0.name),sha256=\(WheelFixture.base64($0.bytes)),\($0.bytes.count)" }
    lines.append("\(distInfo)/RECORD,,")
    let record = editRecord(lines).map { "\($0)\n" }.joined()
    entries.append(ZipFixture.Entry("\(distInfo)/RECORD", Array(record.utf8)))
    return editArchive(ZipFixture.archive(editEntries(entries)))
  }

  /// Writes the wheel into a directory. Returns its path and its SHA-256.
  @discardableResult
  public func write(into directory: String) throws -> (path: String, sha256: String) {
    let bytes = bytes()
    let path = "\(directory)/\(fileName)"
    try Files.makeDirectory(directory)
    try Files.write(bytes, to: path)
    return (path, Digest.sha256(bytes))
  }

  /// The SHA-256 of some bytes as RECORD writes it: URL-safe base64 without padding.
  public static func base64(_ content: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var text: [UInt8] = []
    var bits = 0
    var count = 0
    let hexadecimal = Array(Digest.sha256(content).utf8)
    for index in stride(from: 0, to: hexadecimal.count, by: 2) {
      let byte = Int(String(decoding: hexadecimal[index...(index + 1)], as: UTF8.self), radix: 16) ?? 0
      bits = (bits << 8 | byte) & 0xffff
      count += 8
      while count >= 6 {
        count -= 6
        text.append(alphabet[bits >> count & 63])
      }
    }
    if count > 0 { text.append(alphabet[bits << (6 - count) & 63]) }
    return String(decoding: text, as: UTF8.self)
  }
}

/// A ZIP archive whose every header field a test may set.
public enum ZipFixture {
  /// One file.
  public struct Entry: Sendable {
    /// Its name.
    public var name: String
    /// Its bytes; stored as they are.
    public var bytes: [UInt8]
    /// Its Unix mode.
    public var mode: UInt32
    /// The method that the headers state.
    public var method = 0
    /// The flags that the headers state.
    public var flags = 0x800
    /// Another name in the local header.
    public var localName: String?
    /// Another CRC-32 in both headers.
    public var crc: UInt32?
    /// Another unpacked size in both headers.
    public var size: Int?
    /// Another packed size in both headers.
    public var packedSize: Int?
    /// Where the central directory says that it begins, if not where it does.
    public var offset: Int?
    /// Extra fields in the central directory.
    public var extra: [UInt8] = []
    /// Extra fields in the local header.
    public var localExtra: [UInt8] = []
    /// Another method in the local header.
    public var localMethod: Int?
    /// Another unpacked size in the local header.
    public var localSize: Int?
    /// The name's bytes in both headers, where they are no text.
    public var nameBytes: [UInt8]?
    /// What stands behind its data.
    public var tail: [UInt8] = []

    /// A proper entry.
    public init(_ name: String, _ bytes: [UInt8], mode: UInt32 = 0o100644) {
      self.name = name
      self.bytes = bytes
      self.mode = mode
    }
  }

  /// The archive's bytes.
  public static func archive(_ entries: [Entry]) -> [UInt8] {
    var data: [UInt8] = []
    var central: [UInt8] = []
    for entry in entries {
      let crc = Int(entry.crc ?? checksum(entry.bytes))
      let size = entry.size ?? entry.bytes.count
      let offset = entry.offset ?? data.count
      func shared(_ method: Int, _ size: Int) -> [UInt8] {
        number(20, 2) + number(entry.flags, 2) + number(method, 2) + number(0x5800_0000, 4) + number(crc, 4)
          + number(entry.packedSize ?? entry.bytes.count, 4) + number(size, 4)
      }
      let name = entry.nameBytes ?? Array(entry.name.utf8)
      let localName = entry.localName.map { Array($0.utf8) } ?? name
      data += number(0x0403_4b50, 4) + shared(entry.localMethod ?? entry.method, entry.localSize ?? size)
      data += number(localName.count, 2) + number(entry.localExtra.count, 2)
      data += localName + entry.localExtra + entry.bytes + entry.tail
      central += number(0x0201_4b50, 4) + number(0x0314, 2) + shared(entry.method, size)
      central += number(name.count, 2) + number(entry.extra.count, 2) + number(0, 6)
      central += number(Int(entry.mode) << 16, 4) + number(offset, 4) + name + entry.extra
    }
    var end = number(0x0605_4b50, 4) + number(0, 4)
    end += number(entries.count, 2) + number(entries.count, 2)
    end += number(central.count, 4) + number(data.count, 4) + number(0, 2)
    return data + central + end
  }

  /// A number in little-endian bytes.
  public static func number(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  private static let table: [UInt32] = (0..<256).map { index in
    var value = UInt32(index)
    for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0xedb8_8320 : value >> 1 }
    return value
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xffff_ffff
    for byte in bytes { crc = table[Int((crc ^ UInt32(byte)) & 0xff)] ^ (crc >> 8) }
    return ~crc
  }
}
