/// Text that was put together from pieces, and remembers where each of them stands in the original.
struct ExpandedText {
  /// What a piece was.
  enum Origin: Hashable {
    /// Text as it is written.
    case literal
    /// A variable's value.
    case value(of: String)
    /// What is written in place of a value that is not there.
    case fallback(for: String)
  }

  private struct Segment {
    var start: Int
    var end: Int
    var source: Int
    var origin: Origin
  }

  /// A variable, and the characters of the text that stand for it: none where it came to nothing.
  struct Use: Hashable {
    var name: String
    var range: Range<Int>
    /// Its place in the original.
    var source: Int
    /// What it came to.
    var text: String
  }

  private(set) var text = ""
  private(set) var count = 0
  private var segments: [Segment] = []
  /// The variables, in order.
  private(set) var uses: [Use] = []

  mutating func append(_ piece: String, from source: Int, _ origin: Origin) {
    let end = count + piece.count
    segments.append(Segment(start: count, end: end, source: source, origin: origin))
    switch origin {
    case .literal: break
    case .value(let name), .fallback(let name):
      uses.append(Use(name: name, range: count..<end, source: source, text: piece))
    }
    text += piece
    count = end
  }

  /// Whether places are exact. They are not where a piece begins with a mark that joins the letter before it, as accents do: two
  /// letters have become one.
  var isExact: Bool { text.count == count }

  /// The place in the original of a place in the text.
  func source(of offset: Int) -> Int {
    guard let segment = segments.last(where: { $0.start <= offset }) else { return offset }
    return segment.origin == .literal ? segment.source + offset - segment.start : segment.source
  }

  /// Where the first of these characters stands that is written out in the original; nil when variables brought all of them.
  func written(in range: Range<Int>) -> Int? {
    let segment = segments.first { segment in
      if case .value = segment.origin { return false }
      return segment.start < range.upperBound && range.lowerBound < segment.end
    }
    return segment.map { $0.origin == .literal ? $0.source + max(0, range.lowerBound - $0.start) : $0.source }
  }
}
