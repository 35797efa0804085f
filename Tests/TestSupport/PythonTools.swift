internal import Glibc
internal import Model
internal import Platform

/// Programs that tests compare Pinion with, installed once: uv, pip and `packaging` from the configured registry.
///
/// They live under `.build/test-tools`, or where `PINION_TEST_TOOLS` says. Where the registry cannot be reached, uv and
/// `packaging` of this machine will do, and tests that need more are skipped.
public struct PythonTools: Sendable {
  /// A directory with `uv` and `python3` alone, for PATH.
  public let bin: String
  /// An interpreter with pip 25.1 or later and packaging 26.3 or later; nil where neither could be had.
  public let python: String?
  /// uv itself.
  public var uv: String { "\(bin)/uv" }
  /// The interpreter, without any package of ours.
  public var plainPython: String { "\(bin)/python3" }

  /// Why tests are skipped where `python` is nil.
  public static let absence = "pip 25.1 and packaging 26.3 could not be installed from the configured registry"

  /// The tools, installed by whoever asks first.
  public static let shared: PythonTools? = try? prepare()

  /// The tools. Throws where not even uv is to be had.
  public static func required() throws -> PythonTools {
    guard let shared else {
      throw Failure(.io, "the tests need python3 and uv: neither is on PATH nor can they be installed")
    }
    return shared
  }

  // uv's words are in snapshots: the version is the one that Pinion itself installs.
  private static let packages = [
    "uv==0.13.9", "pip>=25.1", "packaging==26.3", "setuptools", "wheel", "jsonschema==4.25.1", "PyYAML==6.0.3",
  ]

  private static func prepare() throws -> PythonTools {
    let root = variable("PINION_TEST_TOOLS") ?? "\(TestPaths.package)/.build/test-tools"
    try Files.makeDirectory(root)
    // One process installs, the others wait.
    var lock = try FileLock.attempt("\(root)/lock")
    while lock == nil {
      usleep(50_000)
      lock = try FileLock.attempt("\(root)/lock")
    }
    defer { withExtendedLifetime(lock) {} }
    let venv = "\(root)/venv"
    if !Files.exists("\(root)/ready") {
      try Files.remove(venv)
      let isMade =
        succeeds(["python3", "-m", "venv", venv])
        && succeeds(["\(venv)/bin/python", "-m", "pip", "install", "--quiet", "--upgrade"] + packages)
      if isMade { try Files.write("", to: "\(root)/ready") }
    }
    let isReady = Files.exists("\(root)/ready")
    let bin = "\(root)/bin"
    try Files.makeDirectory(bin)
    guard let uv = isReady ? "\(venv)/bin/uv" : onPath("uv"), let python = baseInterpreter() else {
      throw Failure(.io, "there is no uv and no python3")
    }
    for (name, target) in [("uv", uv), ("python3", python)] where Files.linkTarget("\(bin)/\(name)") != target {
      try Files.replaceLink("\(bin)/\(name)", to: target)
    }
    return PythonTools(bin: bin, python: isReady ? "\(venv)/bin/python" : nil)
  }

  /// The real interpreter behind `python3`, be that a shim or a link.
  private static func baseInterpreter() -> String? {
    output(of: ["python3", "-c", "import os, sys; print(os.path.realpath(sys._base_executable))"])
  }

  /// Interpreters of other versions: those on PATH, and those that `PINION_TEST_PYTHONS` lists, with colons between.
  public static func otherInterpreters() -> [String] {
    let named = (variable("PINION_TEST_PYTHONS") ?? "").split(separator: ":").map(String.init)
    let found = (9...20).map { "python3.\($0)" }.compactMap(onPath) + named.filter(Files.isExecutable)
    let usual = shared.flatMap { Files.realPath($0.plainPython) }
    let real = found.compactMap { output(of: [$0, "-c", "import os, sys; print(os.path.realpath(sys.executable))"]) }
    return Set(real).subtracting([usual].compactMap { $0 }).sorted()
  }

  private static func onPath(_ name: String) -> String? {
    (variable("PATH") ?? "").split(separator: ":").map { "\($0)/\(name)" }.first(where: Files.isExecutable)
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Whether a command does what it should, in this process's own environment.
  static func succeeds(_ command: [String]) -> Bool { output(of: command) != nil }

  /// What a command prints, with this process's own environment, since that says how the registry is reached.
  private static func output(of command: [String]) -> String? {
    var ends: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      return nil
    }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    var words = (["/usr/bin/env"] + command).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var pid = pid_t()
    let status = posix_spawn(&pid, "/usr/bin/env", &actions, nil, &words, environ)
    close(ends[1])
    guard status == 0 else { return nil }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while case let count = read(ends[0], &chunk, chunk.count), count > 0 { bytes += chunk[..<count] }
    var exit: Int32 = 0
    waitpid(pid, &exit, 0)
    guard exit == 0 else { return nil }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
  }
}
