/// Rules about the documentation, and about what messages say of the program.
enum DocumentRules {
  /// What every decision record has, in this order.
  static let headings = ["## Context", "## Decision", "## Consequences"]

  /// A record's name and headings.
  static func violations(record: SourceFile) -> [Violation] {
    var found: [Violation] = []
    let name = record.path.split(separator: "/").last.map(String.init) ?? record.path
    if name.wholeMatch(of: /\d{4}-[a-z0-9-]+\.md/) == nil {
      found.append(Violation(path: record.path, line: 1, rule: "a decision record is named NNNN-title.md"))
    }
    let number = String(name.prefix(4))
    if record.lines.first?.hasPrefix("# \(number)") != true {
      found.append(Violation(path: record.path, line: 1, rule: "the first line is \"# \(number): Title\""))
    }
    var line = 0
    for heading in headings {
      guard let next = record.lines[line...].firstIndex(of: heading) else {
        found.append(Violation(path: record.path, line: line + 1, rule: "\"\(heading)\" is missing, or out of order"))
        continue
      }
      line = next
    }
    return found
  }

  /// The commands that the program has, with where each is declared.
  static func commands(_ files: [SourceFile]) -> [(name: String, path: String, line: Int)] {
    files.flatMap { file in
      file.lines.enumerated().compactMap { index, line in
        line.firstMatch(of: /commandName: "([a-z-]+)"/).map { (String($0.1), file.path, index + 1) }
      }
    }.filter { $0.0 != "pinion" }
  }

  /// Commands that no document shows.
  static func violations(
    commands: [(name: String, path: String, line: Int)], documents: [SourceFile]
  ) -> [Violation] {
    commands.filter { command in
      !documents.contains { file in file.lines.contains { $0.contains("pinion \(command.name)") } }
    }.map { command in
      Violation(path: command.path, line: command.line, rule: "README and docs do not show \"pinion \(command.name)\"")
    }
  }

  /// Messages that send people to a command that the program does not have.
  static func violations(messages file: SourceFile, commands: Set<String>) -> [Violation] {
    guard file.mentions("pinion ") else { return [] }
    var found: [Violation] = []
    for (index, line) in file.lines.enumerated() where line.contains("pinion ") {
      // In messages commands follow a colon, a quotation mark or a word; in comments they may lie in the future.
      let code = line.firstRange(of: "//").map { String(line[..<$0.lowerBound]) } ?? line
      for match in code.matches(of: /(?:[^:]: |hint: "|`|run |with |until )pinion (?!and\b)([a-z]+)/)
      where !commands.contains(String(match.1)) {
        found.append(
          Violation(
            path: file.path, line: index + 1, rule: "a message names \"pinion \(match.1)\", which is no command"))
      }
    }
    return found
  }

  /// Links to files of the repository that are not there.
  static func violations(links file: SourceFile, paths: Set<String>) -> [Violation] {
    var found: [Violation] = []
    let directory = file.path.split(separator: "/").dropLast().map(String.init)
    for (index, line) in file.lines.enumerated() {
      for match in line.matches(of: /\]\(([^)#:\s]+)(?:#[^)]*)?\)/) {
        var parts = directory
        for part in match.1.split(separator: "/") where part != "." {
          if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
        }
        let target = parts.joined(separator: "/")
        guard !paths.contains(target), !paths.contains(where: { $0.hasPrefix("\(target)/") }) else { continue }
        found.append(Violation(path: file.path, line: index + 1, rule: "the link to \(match.1) leads nowhere"))
      }
    }
    return found
  }
}
