public import Model
internal import Synchronization

/// Lines of manifests as complaints show them, with secrets taken out. A file is read once.
public final class ManifestLines: Sendable {
  /// A line, and where in it the place is that was asked for.
  public struct Shown: Sendable, Equatable {
    /// The line as it may be shown.
    public var text: String
    /// What of it stands before the place; where that is hidden, what stands before the `****`.
    public var before: String
  }

  private let workingDirectory: String
  /// By name; nil for what cannot be read.
  private let files = Mutex<[String: ManifestFile?]>([:])

  /// Relative names start from the directory, an absolute path.
  public init(workingDirectory: String) {
    self.workingDirectory = workingDirectory
  }

  /// The line of a place; nil when it cannot be read.
  public func shown(at location: SourceLocation) -> Shown? {
    guard let file = file(location.file), let shown = Excerpt.of(location, in: file.lines) else { return nil }
    return Shown(text: shown.text, before: shown.before)
  }

  private func file(_ name: String) -> ManifestFile? {
    files.withLock { files in
      if let known = files[name] { return known }
      let file = try? ManifestFile(name: name, path: name.absolutePath(from: workingDirectory))
      files[name] = .some(file)
      return file
    }
  }

  /// With what two texts begin.
  public static func commonStart(_ one: String, _ other: String) -> String { Excerpt.commonStart(one, other) }
}
