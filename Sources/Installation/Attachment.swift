public import Model
internal import Platform

/// One `.pth` file in the environment that another one is layered on: with it, processes that are started there see the modules
/// of the current generation, and keep to it, with their start command as it is.
public struct Attachment: Sendable {
  /// The file's name: it sorts before the other `.pth` files.
  public static let fileName = "000-pinion-attach.pth"

  private let state: StateDirectory
  private let environment: String

  /// Takes the environment whose modules are to be seen.
  public init(state: StateDirectory, environment: String) {
    self.state = state
    self.environment = environment
  }

  /// What is on record while it is attached.
  private struct Record: Codable {
    var formatVersion = 1
    /// The application's environment.
    var base: String
    /// The file in it.
    var file: String
    /// The SHA-256 of the file's bytes.
    var sha256: String
  }

  /// Where the file stands while it is attached; nil while it is not. Throws `stateInvalid` for a record that cannot be read.
  public func file() throws(Failure) -> String? { try read()?.file }

  private func read() throws(Failure) -> Record? {
    let path = state.attachment(environment)
    guard let bytes = try Files.readIfPresent(path) else { return nil }
    guard let record = JSONText.value(Record.self, from: bytes), record.formatVersion == 1 else {
      throw JSONText.unreadable(path)
    }
    return record
  }

  /// Puts the file into the base of a generation. Returns where it is, and whether it was not there before.
  ///
  /// For those who hold the lock of one writer. Throws `attachmentInvalid` where there is no base, or it is no virtual
  /// environment, or another environment of Pinion's is attached to it.
  public func attach(_ generation: GenerationRecord) throws(Failure) -> (file: String, isNew: Bool) {
    guard let base = generation.base else {
      throw Failure(
        .attachmentInvalid, "\(environment) has no environment of the application's to be attached to",
        hint: "name it as `base` in the manifest, and apply; so its packages count when versions are chosen")
    }
    guard Files.exists("\(base)/pyvenv.cfg"), let site = generation.baseSites.first(where: Files.isDirectory) else {
      throw Failure(
        .attachmentInvalid, "the base is no virtual environment", at: .path(base),
        because: "one file in it would reach every program of that Python",
        hint: "make one for the application: python -m venv DIRECTORY")
    }
    let file = "\(site)/\(Self.fileName)"
    if let old = try read(), old.file != file {
      throw Failure(
        .attachmentInvalid, "\(environment) is attached to another environment already", at: .path(old.base),
        because: "its base is \(base) now", hint: "detach it there first: pinion detach")
    }
    if let owner = try Self.owner(of: file), owner != place {
      throw Failure(
        .attachmentInvalid, "another environment is attached there already", at: .path(file),
        because: "it is the one in \(owner)",
        hint: "detach it with its own state directory (pinion detach), or remove the file where that one is gone")
    }
    let bytes = Array(text.utf8)
    let record = Record(base: base, file: file, sha256: Digest.sha256(bytes))
    try Files.replace(state.attachment(environment), with: JSONText.bytes(of: record))
    if try Files.readIfPresent(file) == bytes { return (file, false) }
    try Files.replace(file, with: bytes)
    return (file, true)
  }

  /// Takes the file away, and says where it was; nil where nothing was attached. A file that attaches another environment by now
  /// stays. For those who hold the lock of one writer.
  public func detach() throws(Failure) -> String? {
    guard let record = try read() else { return nil }
    let owner = try Self.owner(of: record.file)
    if owner == nil || owner == place { try Files.remove(record.file) }
    try Files.remove(state.attachment(environment))
    return record.file
  }

  /// What is not as it was attached; empty where nothing is attached.
  public func findings() throws(Failure) -> [DriftFinding] {
    guard let record = try read() else { return [] }
    guard let bytes = try Files.readIfPresent(record.file) else {
      return [
        DriftFinding(
          path: record.file, kind: .missing, detail: "it attaches \(environment); put it back with: pinion attach"
        ).dated(in: "")
      ]
    }
    guard Digest.sha256(bytes) != record.sha256 else { return [] }
    return [
      DriftFinding(
        path: record.file, kind: .changed, detail: "it attached \(environment); put it back with: pinion attach"
      ).dated(in: "")
    ]
  }

  /// The environment's own directory, which the file names.
  private var place: String {
    let path = state.environment(environment)
    return Files.realPath(path) ?? path
  }

  /// The environment that a file attaches; nil where it is not there, or none of Pinion's.
  private static func owner(of file: String) throws(Failure) -> String? {
    guard let bytes = try Files.readIfPresent(file) else { return nil }
    let line = String(decoding: bytes, as: UTF8.self).prefix { $0 != "\n" }
    guard line.hasPrefix(mark) else { return nil }
    return String(line.dropFirst(mark.count))
  }

  private static let mark = "# Pinion attaches "

  /// Comment lines are passed over; the other runs the start-up program of the generation in use, or of the one that the parent
  /// process holds. Whatever goes wrong, the application starts.
  private var text: String {
    let literal = StartUpText.pythonText(place)
    return """
      \(Self.mark)\(place)
      import os; exec("try:\\n h = os.environ.get('PINION_GENERATION', '')\\n if os.path.dirname(h) != os.path.join(environment, 'generations') or not os.path.isdir(h): h = '' if h == 'none' else os.path.join(environment, 'current')\\n if h:\\n  with open(os.path.join(h, 'start.py'), 'rb') as f: exec(compile(f.read(), f.name, 'exec'), {'sitedir': sitedir, 'known_paths': known_paths, 'attached': h})\\nexcept Exception: pass", {'os': os, 'environment': \(literal), 'sitedir': sitedir, 'known_paths': known_paths})

      """
  }
}
