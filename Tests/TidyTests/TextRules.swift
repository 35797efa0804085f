/// Rules about single lines and about the length of files.
enum TextRules {
  /// No file of code is longer.
  static let longest = 400

  /// What must not stand in Swift code, as whole words, with the reason. In pieces, so that this file keeps its own rules.
  static let forbidden: [(word: String, reason: String)] = [
    ("TO" + "DO", "unfinished work does not live in comments"),
    ("FIX" + "ME", "unfinished work does not live in comments"),
    ("fatal" + "Error", "an error is a Failure, never a crash"),
    ("try" + "!", "an error is a Failure, never a crash"),
    ("as" + "!", "a cast that can fail is an optional, never a crash"),
    ("import Founda" + "tion", "FoundationEssentials starts sooner and is 40 MB lighter"),
  ]

  /// Hosts of package registries: the default index is asked of uv and pip, none is compiled in.
  static let registryHosts = [
    "py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "crates" + ".io",
    "ruby" + "gems.org", "pytorch" + ".org",
  ]

  static func violations(_ file: SourceFile) -> [Violation] {
    var found: [Violation] = []
    for host in registryHosts where file.mentions(host) {
      for (index, line) in file.lines.enumerated() where line.contains(host) {
        found.append(Violation(path: file.path, line: index + 1, rule: "a package registry's host is named"))
      }
    }
    guard isCode(file) else { return found }
    if file.lines.count > longest {
      found.append(
        Violation(path: file.path, line: longest + 1, rule: "\(file.lines.count) lines; the limit is \(longest)"))
    }
    guard file.isSwift else { return found }
    for (word, reason) in forbidden where file.mentions(word) {
      for (index, line) in file.lines.enumerated() where contains(word, in: line) {
        found.append(Violation(path: file.path, line: index + 1, rule: "\(word): \(reason)"))
      }
    }
    return found
  }

  private static func isCode(_ file: SourceFile) -> Bool {
    let isOurs = ["Sources/", "Tests/", "scripts/"].contains { file.path.hasPrefix($0) }
    return isOurs && !file.path.hasSuffix(".txt") && !file.path.hasSuffix(".json")
  }

  /// Whether the word stands in the line with no letter, digit or underscore directly beside it.
  static func contains(_ word: String, in line: String) -> Bool {
    func isPart(_ character: Character?) -> Bool { character.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false }
    return line.ranges(of: word).contains { range in
      let before = range.lowerBound > line.startIndex ? line[line.index(before: range.lowerBound)] : nil
      let after = range.upperBound < line.endIndex ? line[range.upperBound] : nil
      return !isPart(before) && (!isPart(after) || word.last == "!")
    }
  }
}
