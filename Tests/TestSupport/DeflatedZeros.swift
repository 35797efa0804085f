/// Zeros, deflated as tightly as the format can: what archive bombs are made of.
public enum DeflatedZeros {
  /// How many bytes it unpacks to: 73 MiB.
  public static let size = 1 + 258 * repeats
  /// The CRC-32 of that many zeros.
  public static let crc: UInt32 = 0xba78_6c7e
  /// Their SHA-256, as RECORD has it.
  public static let record = "sha256=YAADUVIOXA75F-SaUa3Kc7gA8sLKZf88680kbdU9DCo"
  private static let repeats = 300_000

  /// The stream (RFC 1951): one block with codes of its own, in which two bits stand for 258 zeros.
  public static var stream: [UInt8] {
    var bits = Bits()
    bits.number(1, 1)
    bits.number(2, 2)
    for (value, count) in [(29, 5), (0, 5), (14, 4)] { bits.number(value, count) }
    // The lengths of the codes for lengths: 18 has one bit, 1 and 2 have two.
    for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1] {
      bits.number([18: 1, 1: 2, 2: 2][symbol] ?? 0, 3)
    }
    func zeros(_ count: Int) {
      bits.code("0")
      bits.number(count - 11, 7)
    }
    bits.code("11")
    zeros(138)
    zeros(117)
    bits.code("11")
    zeros(28)
    bits.code("10")
    bits.code("10")
    // One zero, then 258 more as often as it takes, then the end.
    bits.code("10")
    for _ in 0..<repeats { bits.code("00") }
    bits.code("11")
    return bits.bytes
  }

  private struct Bits {
    var bytes: [UInt8] = []
    private var count = 0

    mutating func add(_ bit: UInt8) {
      if count % 8 == 0 { bytes.append(0) }
      bytes[count / 8] |= bit << (count % 8)
      count += 1
    }

    mutating func number(_ value: Int, _ count: Int) {
      for index in 0..<count { add(UInt8(value >> index & 1)) }
    }

    mutating func code(_ text: String) {
      for digit in text.utf8 { add(digit - 48) }
    }
  }
}
