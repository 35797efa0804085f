internal import Model
internal import Platform

/// A manifest's text in memory: its name, its bytes, its lines.
struct ManifestFile: Sendable {
  /// The file as the user named it.
  var name: String
  /// The directory it stands in, absolute.
  var directory: String
  var bytes: [UInt8]
  /// The lines as YAML counts them.
  let lines: LineTable

  /// Larger files are no manifests.
  static let largest = 16 * 1024 * 1024

  init(name: String, directory: String, bytes: [UInt8]) {
    self.name = name
    self.directory = directory
    self.bytes = bytes
    lines = LineTable(bytes)
  }

  /// Reads a file. Throws `manifestMissing`, `manifestInvalid` or `io`. `noun` and `hint` say what was looked for.
  init(
    name: String, path: String, noun: String = "manifest", hint: String = "name another file or directory with -f"
  ) throws(Failure) {
    self.init(name: name, directory: path.parentPath, bytes: try Self.read(path, name, noun, hint))
  }

  /// A place with its line, from which secrets are taken out.
  func place(_ mark: YamlMark) -> Place {
    .source(location(mark), excerpt: Excerpt.of(line: mark.line, in: lines))
  }

  func location(_ mark: YamlMark) -> SourceLocation {
    SourceLocation(file: name, line: mark.line, column: mark.column)
  }

  private static func read(
    _ path: String, _ name: String, _ noun: String, _ hint: String
  ) throws(Failure) -> [UInt8] {
    do throws(Files.BoundedReadProblem) {
      return try Files.read(path, atMost: largest)
    } catch {
      let place = Place.path(name)
      switch error {
      case .absent: throw Failure(.manifestMissing, "there is no \(noun) '\(name)'", at: place, hint: hint)
      case .linkLoop:
        throw Failure(
          .manifestInvalid, "the path leads in a circle", at: place, because: "a symbolic link leads back to itself",
          hint: "mend the link, or \(hint)")
      case .directory: throw Failure(.manifestInvalid, "this is a directory, and no \(noun)", at: place, hint: hint)
      case .notAFile(let kind):
        throw Failure(
          .manifestInvalid, "this is \(kind), and no \(noun)", at: place,
          hint: "write it into a file, and name that")
      case .tooLarge:
        throw Failure(.manifestInvalid, "the \(noun) is larger than 16 MiB", at: place, hint: "name the \(noun) itself")
      case .failed(let failure): throw failure
      }
    }
  }
}
