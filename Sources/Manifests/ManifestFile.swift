internal import Glibc
internal import Model

/// A manifest's text in memory: its name, its bytes, its lines.
struct ManifestFile: Sendable {
  /// The file as the user named it.
  var name: String
  /// The directory it stands in, absolute.
  var directory: String
  var bytes: [UInt8]
  /// The lines as YAML counts them. What is not UTF-8 is shown as U+FFFD.
  let lines: [String]

  /// Larger files are no manifests.
  static let largest = 16 * 1024 * 1024

  init(name: String, directory: String, bytes: [UInt8]) {
    self.name = name
    self.directory = directory
    self.bytes = bytes
    lines = Self.lines(of: bytes)
  }

  /// Reads a file. Throws `manifestMissing` or `io`.
  init(name: String, path: String) throws(Failure) {
    self.init(name: name, directory: path.normalisedPath.directoryPart, bytes: try Self.read(path, name: name))
  }

  /// A place with its line, from which secrets are taken out.
  func place(_ mark: YamlMark) -> Place {
    .source(location(mark), excerpt: Excerpt.of(line: mark.line, in: lines))
  }

  func location(_ mark: YamlMark) -> SourceLocation {
    SourceLocation(file: name, line: mark.line, column: mark.column)
  }

  /// Whether it is a file or a directory; nil when there is neither.
  static func kind(_ path: String) -> Kind? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return status.st_mode & S_IFMT == S_IFDIR ? .directory : .file
  }

  enum Kind { case file, directory }

  /// The names in a directory, sorted. Throws `io`.
  static func names(in directory: String, named name: String) throws(Failure) -> [String] {
    guard let stream = opendir(directory) else { throw unreadable(name, errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      names.append(String(decoding: bytes, as: UTF8.self))
    }
    return names.sorted()
  }

  private static func read(_ path: String, name: String) throws(Failure) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(name, errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(name, errno) }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
      guard bytes.count <= largest else {
        throw Failure(
          .manifestInvalid, "the manifest is larger than 16 MiB", at: .path(name), hint: "name the manifest itself")
      }
    }
  }

  private static func unreadable(_ name: String, _ number: Int32) -> Failure {
    if number == ENOENT {
      return Failure(
        .manifestMissing, "there is no manifest '\(name)'", at: .path(name),
        hint: "name another file or directory with -f")
    }
    return Failure(
      .io, "the manifest cannot be read", at: .path(name), because: String(cString: strerror(number)),
      hint: "check the file's permissions")
  }

  /// YAML 1.1 also ends lines at U+0085, U+2028 and U+2029.
  private static func lines(of bytes: [UInt8]) -> [String] {
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    var lines: [String] = []
    var line = String.UnicodeScalarView()
    var afterReturn = false
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\n" where afterReturn: break
      case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}":
        lines.append(String(line))
        line = String.UnicodeScalarView()
      default: line.append(scalar)
      }
      afterReturn = scalar == "\r"
    }
    if !line.isEmpty { lines.append(String(line)) }
    return lines
  }
}

extension String {
  /// The path without `.`, `..` and doubled slashes, by its letters alone: links are not followed.
  var normalisedPath: String {
    var parts: [Substring] = []
    for part in split(separator: "/") where part != "." {
      if part != ".." {
        parts.append(part)
      } else if let last = parts.last, last != ".." {
        parts.removeLast()
      } else if !hasPrefix("/") {
        parts.append(part)
      }
    }
    let joined = parts.joined(separator: "/")
    return hasPrefix("/") ? "/" + joined : joined.isEmpty ? "." : joined
  }

  /// The path, made absolute from that directory, and normalised.
  func resolvedPath(in directory: String) -> String {
    (hasPrefix("/") ? self : "\(directory)/\(self)").normalisedPath
  }

  /// What stands before the last slash.
  var directoryPart: String {
    guard let slash = lastIndex(of: "/") else { return "." }
    return slash == startIndex ? "/" : String(self[..<slash])
  }
}
