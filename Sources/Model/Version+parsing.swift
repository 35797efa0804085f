extension Version {
  /// Reads a version in any spelling that PEP 440 accepts (`v1.0-ALPHA.1`, `1.0-1`, `1.0+Ubuntu_1`).
  ///
  /// White space around it is passed over. Nil when the text is no version.
  public init?(_ text: some StringProtocol) {
    var parser = Parser(bytes: text.utf8.map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 })
    guard let version = parser.parse() else { return nil }
    self = version
  }

  /// Reads the lower-cased bytes of a version, front to back, never more than a separator back.
  private struct Parser {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) {
      self.bytes = bytes
    }

    mutating func parse() -> Version? {
      skipSpace()
      _ = take("v")
      guard var number = takeNumber() else { return nil }
      var version = Version(release: [])
      if take("!") {
        version.epoch = number
        guard let first = takeNumber() else { return nil }
        number = first
      }
      version.release.append(number)
      while position + 1 < bytes.count, bytes[position] == UInt8(ascii: "."), bytes[position + 1].isDigit {
        position += 1
        guard let next = takeNumber() else { return nil }
        version.release.append(next)
      }
      guard takePre(into: &version), takePost(into: &version), takeDev(into: &version) else { return nil }
      if take("+") {
        guard let local = takeLocal() else { return nil }
        version.local = local
      }
      skipSpace()
      return position == bytes.count ? version : nil
    }

    /// False when a number does not fit; true also when there is no such part. The same holds for the next two.
    private mutating func takePre(into version: inout Version) -> Bool {
      let start = position
      takeSeparator()
      let phase: PreRelease.Phase
      // Long spellings first: 'a' would match the beginning of 'alpha'.
      if take("alpha") || take("a") {
        phase = .alpha
      } else if take("beta") || take("b") {
        phase = .beta
      } else if take("preview") || take("pre") || take("rc") || take("c") {
        phase = .candidate
      } else {
        position = start
        return true
      }
      guard let number = takeSuffixNumber() else { return false }
      version.pre = PreRelease(phase: phase, number: number)
      return true
    }

    private mutating func takePost(into version: inout Version) -> Bool {
      let start = position
      if take("-"), position < bytes.count, bytes[position].isDigit {
        version.post = takeNumber()
        return version.post != nil
      }
      position = start
      takeSeparator()
      guard take("post") || take("rev") || take("r") else {
        position = start
        return true
      }
      version.post = takeSuffixNumber()
      return version.post != nil
    }

    private mutating func takeDev(into version: inout Version) -> Bool {
      let start = position
      takeSeparator()
      guard take("dev") else {
        position = start
        return true
      }
      version.dev = takeSuffixNumber()
      return version.dev != nil
    }

    private mutating func takeLocal() -> String? {
      var segments: [String] = []
      repeat {
        let start = position
        while position < bytes.count, bytes[position].isDigit || bytes[position].isLowercaseLetter { position += 1 }
        guard position > start else { return nil }
        var segment = bytes[start..<position]
        if segment.allSatisfy(\.isDigit) {
          while segment.count > 1, segment.first == UInt8(ascii: "0") { segment.removeFirst() }
        }
        segments.append(String(decoding: segment, as: UTF8.self))
      } while takeSeparator()
      return segments.joined(separator: ".")
    }

    /// The number behind a word, with or without a separator; 0 when there is none, nil when it does not fit.
    private mutating func takeSuffixNumber() -> Int? {
      takeSeparator()
      guard position < bytes.count, bytes[position].isDigit else { return 0 }
      return takeNumber()
    }

    private mutating func takeNumber() -> Int? {
      let start = position
      var value = 0
      while position < bytes.count, bytes[position].isDigit {
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.addingReportingOverflow(Int(bytes[position] - UInt8(ascii: "0")))
        guard !overflow, !carry else { return nil }
        value = sum
        position += 1
      }
      return position > start ? value : nil
    }

    private mutating func take(_ word: StaticString) -> Bool {
      let count = word.utf8CodeUnitCount
      guard position + count <= bytes.count else { return false }
      for index in 0..<count where bytes[position + index] != word.utf8Start[index] { return false }
      position += count
      return true
    }

    @discardableResult
    private mutating func takeSeparator() -> Bool {
      guard position < bytes.count else { return false }
      switch bytes[position] {
      case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
        position += 1
        return true
      default: return false
      }
    }

    private mutating func skipSpace() {
      while position < bytes.count, bytes[position].isSpace { position += 1 }
    }
  }
}
