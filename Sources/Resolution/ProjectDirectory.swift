public import Model
internal import Platform

/// A project directory on disk: what is in it, as one digest, and a copy to build from.
///
/// Neither has what tools leave behind: bytecode, environments, caches. The copy has `.git`, since back ends that take
/// the version from tags read it; the digest has the commit that is checked out in its place.
public struct ProjectDirectory: Sendable {
  /// Where it is; absolute.
  public let path: String

  /// Names a directory.
  public init(_ path: String) { self.init(path, mostEntries: 100_000) }

  /// A bound for what is taken for a project by mistake: a home directory, or the root.
  private let mostEntries: Int

  init(_ path: String, mostEntries: Int) {
    self.path = path
    self.mostEntries = mostEntries
  }

  private static let leftBehind: Set = [
    "__pycache__", ".pinion", ".venv", "venv", ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hg",
    ".svn",
  ]

  private static func isLeftBehind(_ name: String) -> Bool {
    leftBehind.contains(name) || name.hasSuffix(".egg-info") || name.hasSuffix(".pyc")
  }

  /// The SHA-256 over the names, kinds and contents of all that is in it.
  ///
  /// Throws `requirementInvalid` when it is no directory, or too large for a project, and `io`.
  public func digest() throws(Failure) -> String {
    guard Files.isDirectory(path) else {
      throw Failure(
        .requirementInvalid, "the directory does not exist", at: .path(path),
        hint: "make it, or change the requirement; relative paths start from the manifest's directory")
    }
    var lines: [String] = []
    try collect("", &lines)
    if let commit = checkedOut() { lines.append("commit \(commit)") }
    return Digest.sha256(lines.joined(separator: "\n"))
  }

  private func collect(_ directory: String, _ lines: inout [String]) throws(Failure) {
    for name in try Files.list(path + directory).sorted() where name != ".git" && !Self.isLeftBehind(name) {
      let entry = "\(directory)/\(name)"
      guard lines.count < mostEntries else {
        throw Failure(
          .requirementInvalid, "the directory holds more than \(mostEntries) files", at: .path(path),
          hint: "name the project's own directory")
      }
      switch Files.kind(path + entry) {
      case .directory:
        lines.append("directory \(entry)")
        try collect(entry, &lines)
      case .link: lines.append("link \(entry) \(Files.linkTarget(path + entry) ?? "")")
      case .file:
        let mode = Files.isExecutable(path + entry) ? "program" : "file"
        lines.append("\(mode) \(entry) \(try FileDigest.sha256(path + entry))")
      // A socket or a device is no part of a project.
      default: continue
      }
    }
  }

  /// The commit that `.git/HEAD` names, where that can be read off plain files; else the reference itself.
  private func checkedOut() -> String? {
    guard let head = text(".git/HEAD") else { return nil }
    guard head.hasPrefix("ref: ") else { return head }
    let reference = String(head.dropFirst("ref: ".count))
    return text(".git/\(reference)") ?? reference
  }

  private func text(_ name: String) -> String? {
    (try? Files.readIfPresent("\(path)/\(name)")).map { Substring(String(decoding: $0, as: UTF8.self)).trimmed }
  }

  /// Copies it to build from: a build writes into its directory. `target` must not exist.
  func copy(to target: String) throws(Failure) { try copy("", to: target) }

  private func copy(_ directory: String, to target: String) throws(Failure) {
    try Files.makeDirectory(target + directory)
    for name in try Files.list(path + directory) where !Self.isLeftBehind(name) {
      let entry = "\(directory)/\(name)"
      switch Files.kind(path + entry) {
      case .directory: try copy(entry, to: target)
      case .link: try Files.link(target + entry, to: Files.linkTarget(path + entry) ?? "")
      case .file:
        _ = try FileDigest.copy(path + entry, to: target + entry)
        if Files.isExecutable(path + entry) { try Files.makeExecutable(target + entry) }
      default: continue
      }
    }
  }
}
