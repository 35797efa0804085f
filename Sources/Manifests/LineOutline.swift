internal import Synchronization

/// Which line stands under which, by indentation. It is made when it is first asked for, and once.
final class LineOutline: Sendable {
  private let parents = Mutex<[Int32]?>(nil)

  /// The nearest line above that is indented less, or as much where this one is a list's item and that one is none.
  func parent(of position: Int, line: (Int) -> ArraySlice<UInt8>, count: () -> Int) -> Int? {
    let parent = parents.withLock { parents in
      if parents == nil { parents = Self.parents(of: (0..<count()).lazy.map(line)) }
      return parents?[position] ?? -1
    }
    return parent < 0 ? nil : Int(parent)
  }

  /// A line that others may stand under.
  private struct Level {
    var line: Int32
    var indent: Int
    var isItem: Bool
  }

  /// Nothing, or what ends a line.
  private static let ends: Set<[UInt8]> = [
    [], [0x0A], [0x0D], [0x0D, 0x0A], [0xC2, 0x85], [0xE2, 0x80, 0xA8], [0xE2, 0x80, 0xA9],
  ]

  private static func parents(of lines: some Sequence<ArraySlice<UInt8>>) -> [Int32] {
    var parents: [Int32] = []
    /// Each is indented more than the one before it, or as much and an item under what is none.
    var open: [Level] = []
    for line in lines {
      let blanks = line.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      // A tab is no indentation; it counts as deeper than anything, so that what stands above decides.
      let indent = blanks.reduce(0) { $0 + ($1 == UInt8(ascii: "\t") ? 1_000 : 1) }
      let content = line[blanks.endIndex...]
      let isItem = content.first == UInt8(ascii: "-")
      if content.first == UInt8(ascii: "#") || ends.contains(Array(content.prefix(3))) {
        parents.append(lastLevel(in: open, below: indent))
        continue
      }
      while let last = open.last, last.indent > indent || (last.indent == indent && (!isItem || last.isItem)) {
        open.removeLast()
      }
      parents.append(open.last?.line ?? -1)
      open.append(Level(line: Int32(parents.count - 1), indent: indent, isItem: isItem))
    }
    return parents
  }

  /// A comment stands under others, and none under it.
  private static func lastLevel(in open: [Level], below indent: Int) -> Int32 {
    var (low, high) = (0, open.count)
    while low < high {
      let middle = (low + high) / 2
      if open[middle].indent < indent { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? -1 : open[low - 1].line
  }
}
