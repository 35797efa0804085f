import Glibc
import Model

/// Asks Python's `packaging`, the reference implementation of these formats, what is right.
enum PythonOracle {
  /// Why the comparisons are left out where they are.
  static let absence = "python3 cannot import packaging 26.3 or newer, which these results are compared with"

  /// Whether python3 can import a `packaging` whose rules are today's: earlier ones differ in details.
  static let isPresent: Bool = {
    guard let answer = try? run("import packaging; print(packaging.__version__)", input: []).first,
      let version = Version(answer), let oldest = Version("26.3")
    else { return false }
    return version >= oldest
  }()

  struct Problem: Error {
    let message: String
  }

  /// Runs a script that finds the input's lines in `lines`, and returns the lines that it prints.
  static func run(_ script: String, input: [String]) throws -> [String] {
    let source = try temporaryFile(input.joined(separator: "\n"))
    defer { close(source) }
    let sink = try temporaryFile("")
    defer { close(sink) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, source, 0)
    posix_spawn_file_actions_adddup2(&actions, sink, 1)
    let prelude = "import sys\nlines = sys.stdin.read().split('\\n')\n"
    let words: [String] = ["/usr/bin/env", "python3", "-c", prelude + script]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    defer { arguments.forEach { free($0) } }
    arguments.append(nil)
    var pid: pid_t = 0
    let status = posix_spawn(&pid, "/usr/bin/env", &actions, nil, arguments, environ)
    guard status == 0 else { throw Problem(message: "posix_spawn: \(status)") }
    var exit: Int32 = 0
    while waitpid(pid, &exit, 0) < 0, errno == EINTR {}
    guard exit == 0 else { throw Problem(message: "python3 ended with wait status \(exit)") }
    return String(decoding: try contents(of: sink), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private static func contents(of file: Int32) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(lseek(file, 0, SEEK_END)))
    guard pread(file, &bytes, bytes.count, 0) == bytes.count else { throw Problem(message: "read: \(errno)") }
    return bytes
  }

  /// An open file without a name: unlike a pipe it cannot block, and nothing is left behind.
  private static func temporaryFile(_ text: String) throws -> Int32 {
    var path = Array("/tmp/pinion-oracle-XXXXXX".utf8CString)
    let file = mkstemp(&path)
    guard file >= 0 else { throw Problem(message: "mkstemp: \(errno)") }
    unlink(path)
    let bytes = Array(text.utf8)
    guard write(file, bytes, bytes.count) == bytes.count, lseek(file, 0, SEEK_SET) == 0 else {
      close(file)
      throw Problem(message: "write: \(errno)")
    }
    return file
  }
}

/// Numbers that look random and are the same in every run.
struct FixedRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
