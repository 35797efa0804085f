internal import Model

/// RECORD: a CSV of path, hash and size.
struct RecordFile {
  /// What one line says of a file.
  struct Row {
    /// In lower-case hexadecimal; nil where the line has no hash.
    var sha256: String?
    var size: Int?
  }

  let rows: [String: Row]

  /// Reads the lines. Throws `wheelInvalid`.
  init(_ text: String, _ archive: WheelArchive) throws(Failure) {
    var rows: [String: Row] = [:]
    for line in Lines.of(text) {
      guard let fields = Self.fields(line), fields.count == 3, SafePath.isSafe(fields[0]) else {
        throw archive.invalid("its RECORD has a line that cannot be read: \(quoted(String(line)))")
      }
      var row = Row()
      if !fields[1].isEmpty {
        guard fields[1].hasPrefix("sha256="), let digest = Self.hexadecimal(base64: fields[1].dropFirst(7)) else {
          throw archive.invalid("its RECORD has another hash than sha256 for \(quoted(fields[0]))")
        }
        row.sha256 = digest
      }
      if !fields[2].isEmpty {
        guard let size = Int(fields[2]) else {
          throw archive.invalid("its RECORD has no proper size for \(quoted(fields[0]))")
        }
        row.size = size
      }
      guard rows.updateValue(row, forKey: fields[0]) == nil else {
        throw archive.invalid("its RECORD lists \(quoted(fields[0])) twice")
      }
    }
    self.rows = rows
  }

  /// The fields of one CSV line (RFC 4180); nil when its quotes do not add up.
  static func fields(_ line: Substring) -> [String]? {
    guard line.utf8.contains(UInt8(ascii: "\"")) else {
      return line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
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

  /// The URL-safe base64 of 32 bytes, without padding, as hexadecimal.
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
    return bytes.count == 32 ? Digest.hexadecimal(bytes) : nil
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
