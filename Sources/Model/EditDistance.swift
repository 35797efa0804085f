/// How far two words are apart: for those who ask what was meant.
public enum EditDistance {
  /// How many single slips turn one text into the other (Damerau): insertions, deletions, replacements, and neighbours that changed places.
  public static func between(_ left: String, _ right: String) -> Int {
    // Nobody misspells words of this length; the table would grow with the square.
    let one = Array(left.prefix(64))
    let other = Array(right.prefix(64))
    var table = [[Int]](repeating: Array(0...other.count), count: one.count + 1)
    for row in 1..<(one.count + 1) {
      table[row][0] = row
      for column in 1..<(other.count + 1) {
        let cost = one[row - 1] == other[column - 1] ? 0 : 1
        var value = min(table[row - 1][column] + 1, table[row][column - 1] + 1, table[row - 1][column - 1] + cost)
        let isSwap =
          row > 1 && column > 1 && one[row - 1] == other[column - 2] && one[row - 2] == other[column - 1]
        if isSwap { value = min(value, table[row - 2][column - 2] + 1) }
        table[row][column] = value
      }
    }
    return table[one.count][other.count]
  }
}
