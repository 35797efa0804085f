internal import Glibc
internal import Model
internal import Platform

/// What programs said of themselves, interpreters above all, kept while nothing changed that they said it of: starting one takes
/// longer than everything else that a lock with nothing to do does.
struct ProgramCache: Sendable {
  /// Where answers are kept, in the `cache` of a state directory; nothing is kept where that is not there.
  var directory: String

  /// What the program at a path printed; nil where it has to be asked.
  func answer(of path: String) -> String? {
    guard let kept = try? Files.readIfPresent(file(of: path)), let head = Self.head(of: path),
      kept.starts(with: head.utf8)
    else { return nil }
    return String(decoding: kept.dropFirst(head.utf8.count), as: UTF8.self)
  }

  /// Keeps what the program at a path printed, where that is itself and no program which chooses one.
  func keep(_ answer: String, of path: String, executable: String) {
    guard let head = Self.head(of: path), Files.realPath(path) == executable,
      Files.isDirectory(directory.parentPath.parentPath)
    else { return }
    // It is asked again where nothing can be kept.
    try? Files.makeDirectory(directory)
    try? Files.replace(file(of: path), with: Array((head + answer).utf8), isDurable: false)
  }

  /// What must not have changed: the executable behind all links, the file itself, kernel and C library, since both are in what
  /// an interpreter says. One line, in front of the answer.
  private static func head(of path: String) -> String? {
    guard let executable = Files.realPath(path), let identity = Files.identity(path) else { return nil }
    return "\(executable) \(identity.size) \(identity.modified) \(identity.inode) \(system)\n"
  }

  private func file(of path: String) -> String { "\(directory)/\(Digest.sha256(path))" }

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
