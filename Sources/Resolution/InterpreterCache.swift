internal import FoundationEssentials
internal import Glibc
internal import Model
internal import Platform

/// What interpreters said of themselves, kept while nothing changed that they said it of: starting one takes longer than
/// everything else that a lock with nothing to do does.
struct InterpreterCache: Sendable {
  /// Where answers are kept, in the `cache` of a state directory; nothing is kept where that is not there.
  var directory: String

  private struct Entry: Codable {
    /// The executable behind all links.
    var executable: String
    var identity: FileIdentity
    /// Kernel and C library: both are in what an interpreter says.
    var system: String
    /// What it printed.
    var answer: String
  }

  /// What the interpreter at a path printed; nil where it has to be asked.
  func answer(of path: String) -> String? {
    guard let bytes = try? Files.readIfPresent(file(of: path)),
      let entry = try? JSONDecoder().decode(Entry.self, from: Data(bytes)),
      entry.executable == Files.realPath(path), entry.identity == Files.identity(path),
      entry.system == Self.system
    else { return nil }
    return entry.answer
  }

  /// Keeps what the interpreter at a path printed, where that is itself and no program which chooses one.
  func keep(_ answer: String, of path: String, executable: String) {
    guard let identity = Files.identity(path), Files.realPath(path) == executable,
      Files.isDirectory(directory.parentPath.parentPath)
    else { return }
    let entry = Entry(executable: executable, identity: identity, system: Self.system, answer: answer)
    guard let bytes = try? JSONEncoder().encode(entry) else { return }
    // It is asked again where nothing can be kept.
    try? Files.makeDirectory(directory)
    try? Files.replace(file(of: path), with: Array(bytes), isDurable: false)
  }

  private func file(of path: String) -> String { "\(directory)/\(Digest.sha256(path)).json" }

  private static var system: String {
    var name = utsname()
    uname(&name)
    let parts = withUnsafeBytes(of: &name) { bytes in
      bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
    var library = [CChar](repeating: 0, count: 64)
    confstr(Int32(_CS_GNU_LIBC_VERSION), &library, library.count)
    return (parts + [String(decoding: library.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)])
      .joined(separator: " ")
  }
}
