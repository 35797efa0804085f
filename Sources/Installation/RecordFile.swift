internal import Model

/// RECORD: a CSV of path, hash and size.
struct RecordFile {
  /// What one line says of a file.
  struct Row {
    /// Nil where the line has no hash, or none that counts.
    var hash: FileHash?
    var size: Int?
  }

  private(set) var rows: [String: Row] = [:]
  /// What is wrong with it, in its order: what breaks `policy.record`.
  private(set) var breaches: [String] = []

  /// Reads the lines.
  init(_ text: String) {
    for line in Lines.of(text) {
      guard let fields = Self.fields(line), fields.count == 3, SafePath.isSafe(fields[0]) else {
        breach("its RECORD has a line that cannot be read: \(quoted(String(line)))")
        continue
      }
      var row = Row()
      if !fields[1].isEmpty {
        row.hash = Self.hash(fields[1])
        if row.hash == nil {
          breach("its RECORD has no hash of the kinds sha256, sha384 and sha512 for \(quoted(fields[0]))")
        }
      }
      if !fields[2].isEmpty {
        row.size = Int(fields[2])
        if row.size == nil { breach("its RECORD has no proper size for \(quoted(fields[0]))") }
      }
      guard rows[fields[0]] == nil else {
        breach("its RECORD lists \(quoted(fields[0])) twice")
        continue
      }
      rows[fields[0]] = row
    }
  }

  private mutating func breach(_ reason: String) { breaches.append(reason) }

  /// The fields of one CSV line (RFC 4180); nil when its quotes do not add up.
  static func fields(_ line: Substring) -> [String]? {
    guard line.utf8.contains(UInt8(ascii: "\"")) else {
      return line.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
        String(Substring($0))
      }
    }
    var fields: [String] = []
    var field = ""
    var isQuoted = false
    var rest = line[...]
    while let character = rest.popFirst() {
      switch character {
      case "\"" where isQuoted && rest.first == "\"":
        rest.removeFirst()
        field.append("\"")
      case "\"" where isQuoted || field.isEmpty: isQuoted.toggle()
      case "," where !isQuoted:
        fields.append(field)
        field = ""
      default: field.append(character)
      }
    }
    fields.append(field)
    return isQuoted ? nil : fields
  }

  /// `sha256=…`, as RECORD has it; nil for anything weaker, and for what is no hash.
  static func hash(_ text: String) -> FileHash? {
    guard let sign = text.firstIndex(of: "="), let digest = hexadecimal(base64: text[text.index(after: sign)...]) else {
      return nil
    }
    return try? FileHash(text[..<sign], digest)
  }

  /// URL-safe base64 without padding, as hexadecimal.
  static func hexadecimal(base64 text: Substring) -> String? {
    var bytes: [UInt8] = []
    var bits = 0
    var count = 0
    for byte in text.utf8 where byte != UInt8(ascii: "=") {
      let value: Int
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = Int(byte) - 65
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = Int(byte) - 71
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = Int(byte) + 4
      case UInt8(ascii: "-"), UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "_"), UInt8(ascii: "/"): value = 63
      default: return nil
      }
      bits = (bits << 6 | value) & 0xffff
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
      }
    }
    return Digest.hexadecimal(bytes)
  }
}

/// The lines of a text file: by line feed alone, with or without a carriage return, and without the empty ones.
enum Lines {
  static func of(_ text: String) -> [Substring] {
    text.utf8.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let bare = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      return bare.isEmpty ? nil : Substring(bare)
    }
  }
}
