/// Changes of files go through `FileCalls` in `Platform`, so that tests can let each of them fail: docs/decisions/0027.
enum SeamRules {
  /// The file that has the system's calls.
  static let seam = "Sources/Platform/FileCalls.swift"
  /// What may write by itself: into pipes and terminals, what tests list, and git's helper, which libgit2 writes for.
  static let apart = [
    "Sources/pinion/Console.swift", "Sources/pinion/Interruption.swift", "Sources/Platform/FileFaults.swift",
    "Sources/pinion-git/",
  ]

  /// Calls that change files, and have a name of their own.
  static let calls: Set = [
    "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "symlink", "symlinkat", "linkat", "renameat", "renameat2",
    "chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "truncate", "ftruncate", "fsync", "fdatasync", "syncfs",
    "utimensat", "futimens", "posix_fallocate", "fallocate", "mkstemp", "mkdtemp", "mkfifo", "pwrite", "creat",
    "pinion_syncfs", "pinion_rename_exclusive", "pinion_rename_exchange",
  ]
  /// Calls whose names are those of functions of ours as well: meant are those that the module's name precedes.
  static let sharedNames: Set = ["rename", "link", "write", "remove"]
  /// What open(2) is told of a file that is to be written to.
  static let writing: Set = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"]

  /// The calls of a file that go past the seam.
  static func violations(_ file: SourceFile) -> [Violation] {
    guard file.isSwift, file.target != nil, file.path != seam, !apart.contains(where: file.path.hasPrefix) else {
      return []
    }
    let code = SwiftTokens(file.lines.joined(separator: "\n"))
    var found: [Violation] = []
    for (index, token) in code.tokens.enumerated() {
      guard case .word(let name) = token, index + 1 < code.tokens.count, code.tokens[index + 1] == .sign("(") else {
        continue
      }
      let owner: SwiftTokens.Token? =
        index > 1 && code.tokens[index - 1] == .sign(".") ? code.tokens[index - 2] : nil
      let isMember = index > 0 && code.tokens[index - 1] == .sign(".")
      let isDeclared = index > 0 && code.tokens[index - 1] == .word("func")
      let isOfTheSystem = owner == .word("Glibc") || owner == .word("Musl")
      var isPast = (calls.contains(name) && !isMember && !isDeclared)
      isPast = isPast || (isOfTheSystem && (calls.contains(name) || sharedNames.contains(name)))
      if name == "open", isOfTheSystem || !isMember, !isDeclared {
        let words = code.arguments(from: index + 1).arguments.joined()
        isPast = isPast || words.contains { if case .word(let word) = $0 { writing.contains(word) } else { false } }
      }
      if isPast {
        found.append(Violation(path: file.path, line: code.lines[index], rule: "\(name) goes past FileCalls"))
      }
    }
    return found
  }

  /// What of the tests' faults would be in builds for use: every line of the file stands under `#if DEBUG`.
  static func violations(faults file: SourceFile) -> [Violation] {
    let lines = file.lines.filter { !$0.isEmpty }
    let isGuarded =
      lines.first == "#if DEBUG" && lines.last == "#endif" && lines.count { $0.hasPrefix("#") } == 2
    return isGuarded ? [] : [Violation(path: file.path, line: 1, rule: "the faults stand under #if DEBUG as a whole")]
  }
}
