import Glibc

/// One text file of the repository, as the rules read it.
struct SourceFile {
  /// Relative to the repository's root.
  let path: String
  /// Its lines, without their ends.
  let lines: [String]

  private let text: String

  init(path: String, text: String) {
    self.path = path
    self.text = text
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    self.lines = lines
  }

  /// The target that it belongs to, when it stands in `Sources`.
  var target: String? {
    let parts = path.split(separator: "/")
    return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
  }

  /// Whether it holds these characters anywhere: quick, to spare most files the look at each line.
  func mentions(_ words: String) -> Bool { strstr(text, words) != nil }

  var isSwift: Bool { path.hasSuffix(".swift") }

  /// What it imports, with the line; what stands inside multi-line strings is another language's business.
  var imports: [(module: String, line: Int)] {
    let statement =
      /^\s*(?:(?:public|internal|package|private|fileprivate|@\w+)\s+)*import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)/
    var found: [(String, Int)] = []
    var end: String?
    for (index, line) in lines.enumerated() {
      if let terminator = end {
        if line.contains(terminator) { end = nil }
        continue
      }
      if line.contains("import "), let match = line.prefixMatch(of: statement) {
        found.append((String(match.1), index + 1))
      }
      if let opening = line.firstRange(of: "\"\"\"") {
        let terminator = line[..<opening.lowerBound].hasSuffix("#") ? "\"\"\"#" : "\"\"\""
        if !line[opening.upperBound...].contains(terminator) { end = terminator }
      }
    }
    return found
  }
}

/// One line that breaks a rule.
struct Violation: CustomStringConvertible {
  let path: String
  let line: Int
  let rule: String

  var description: String { "\(path):\(line): \(rule)" }
}

/// The repository that these tests stand in.
enum Repository {
  /// Its root, absolute, with links followed: the tests may be built through one.
  static let root: String = {
    var path = #filePath
    if let real = realpath(path, nil) {
      path = String(cString: real)
      free(real)
    }
    return path.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
  }()

  /// Everything that is written by hand: not what builds, tools and Pinion itself leave behind.
  static let files: [SourceFile] = paths("").compactMap(read)

  /// The files below a directory of the root.
  static func files(in directory: String) -> [SourceFile] { files.filter { $0.path.hasPrefix("\(directory)/") } }

  static func read(_ path: String) -> SourceFile? {
    guard let file = fopen("\(root)/\(path)", "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return String(validating: bytes, as: UTF8.self).map { SourceFile(path: path, text: $0) }
  }

  private static let hiddenOnes: Set = [".ci", ".gitignore", ".swift-format"]

  private static func paths(_ directory: String) -> [String] {
    guard let handle = opendir(directory.isEmpty ? root : "\(root)/\(directory)") else { return [] }
    defer { closedir(handle) }
    var found: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard !name.hasPrefix(".") || hiddenOnes.contains(name), name != "__pycache__" else { continue }
      let path = directory.isEmpty ? name : "\(directory)/\(name)"
      var status = stat()
      guard lstat("\(root)/\(path)", &status) == 0 else { continue }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: found += paths(path)
      case S_IFREG: found.append(path)
      default: continue
      }
    }
    return found.sorted()
  }
}
