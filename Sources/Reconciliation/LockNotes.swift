internal import Model
internal import Platform

/// What earlier runs found out about lockfiles that they kept, so that the next run need not read and judge the same bytes again:
/// most of what a lock with nothing to do does.
///
/// A note is of a text, by its SHA-256, and of the settings under which nothing was to be said of it. It can be deleted at any
/// time. There is none for environments with a base or with modules from elsewhere than an index, which are looked at
/// every time.
struct LockNotes {
  /// What is known of a lockfile.
  struct Note: Equatable {
    /// The digest of the inputs that it was made from.
    var inputs: String
    /// The minor version of Python that it is for.
    var python: String?
    /// The platform that it is for.
    var platform: String?

    init(inputs: String, python: String?, platform: String?) {
      self.inputs = inputs
      self.python = python
      self.platform = platform
    }

    init(_ lockfile: Lockfile) {
      self.init(inputs: lockfile.inputsDigest, python: lockfile.python, platform: lockfile.platform)
    }
  }

  private let state: StateDirectory
  private let settings: String

  /// Nil where each lockfile is looked at. Throws `io`, and `variableUnset` where a requirement cannot be read.
  init?(_ environment: DesiredEnvironment, state: StateDirectory) throws(Failure) {
    guard environment.base == nil else { return nil }
    for module in environment.modules where try module.resolvedRequirement()?.directSource != nil { return nil }
    self.state = state
    settings = try SettingsDigest.of(environment, baseSites: [])
  }

  /// The note of a lockfile's text; nil where there is none that holds under these settings.
  func note(of text: String) throws -> Note? {
    guard let bytes = try? Files.readIfPresent(path(of: text)) else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count == 6, lines[0] == LockNotes.mark, lines[1] == settings else { return nil }
    func optional(_ line: Substring) -> String? { line.isEmpty ? nil : String(line) }
    return Note(inputs: String(lines[2]), python: optional(lines[3]), platform: optional(lines[4]))
  }

  /// Keeps a note. Where it cannot be kept, the lockfile is read again next time.
  func keep(_ note: Note, of text: String) {
    let lines = [LockNotes.mark, settings, note.inputs, note.python ?? "", note.platform ?? "", ""]
    // A state directory is made by those who need one.
    guard Files.isDirectory(state.root), lines.allSatisfy({ !$0.contains("\n") }) else { return }
    try? Files.makeDirectory(directory)
    try? Files.replace(path(of: text), with: Array(lines.joined(separator: "\n").utf8), isDurable: false)
  }

  private var directory: String { "\(state.cache)/locks" }

  private func path(of text: String) -> String { "\(directory)/\(Digest.sha256(text))" }

  private static let mark = "pinion-lock 1"
}
