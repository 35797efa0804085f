/// Little-endian numbers out of a range of bytes, with every access checked.
struct ZipBytes {
  let bytes: UnsafeRawBufferPointer

  /// The part `range`, if it lies within.
  func part(_ offset: Int, _ count: Int) -> ZipBytes? {
    guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else { return nil }
    return ZipBytes(bytes: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)]))
  }

  /// Two bytes; the caller has checked that they are there by taking a part.
  func short(_ offset: Int) -> Int { number(offset, 2) }
  /// Four bytes.
  func long(_ offset: Int) -> Int { number(offset, 4) }
  /// Eight bytes; nil when they stand for more than a signed number holds, which no file reaches.
  func huge(_ offset: Int) -> Int? {
    let low = long(offset)
    let high = long(offset + 4)
    return high < 0x8000_0000 ? high << 32 | low : nil
  }

  private func number(_ offset: Int, _ count: Int) -> Int {
    guard let part = part(offset, count) else { return 0 }
    return part.bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// The extra fields of a header: kind and content. Nil when they do not add up.
  func extraFields() -> [(kind: Int, content: ZipBytes)]? {
    var fields: [(kind: Int, content: ZipBytes)] = []
    var offset = 0
    while offset < bytes.count {
      guard let head = part(offset, 4), let content = part(offset + 4, head.short(2)) else { return nil }
      fields.append((head.short(0), content))
      offset += 4 + content.bytes.count
    }
    return fields
  }
}
