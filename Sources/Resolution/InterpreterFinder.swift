internal import FoundationEssentials
public import Model
internal import Platform

/// Finds interpreters and lets them describe themselves.
///
/// Looks where the manifest says, else on PATH, else among the interpreters that uv manages; downloads none.
public struct InterpreterFinder: Sendable {
  private let searchPath: [String]
  private let home: String?
  private let cache: ProgramCache?

  /// Takes the directories of PATH, the home directory, below which uv keeps its interpreters, and where what interpreters
  /// say of themselves is kept; with nil each is asked each time.
  public init(searchPath: [String], home: String?, cache: String? = nil) {
    self.searchPath = searchPath
    self.home = home
    self.cache = cache.map(ProgramCache.init)
  }

  /// The interpreter that a manifest asks for: a version request (`>=3.11`), a command name or a path.
  ///
  /// Throws `interpreterAbsent` when none fits, saying what was looked at; `interpreterFailed` when it cannot run.
  public func find(_ request: String?, directory: String) async throws -> Interpreter {
    let request = request ?? "python3"
    if request.contains("/") {
      let path = request.absolutePath(from: directory)
      guard Files.isExecutable(path) else {
        throw Failure(
          .interpreterAbsent, "there is no interpreter at the path that spec.python names", at: .path(path),
          hint: "name an interpreter that exists, or a version such as \">=3.11\"")
      }
      return try await probe(path).interpreter
    }
    guard let specifiers = InterpreterFinder.versionRequest(request) else {
      guard let path = onPath(request) else {
        throw Failure(
          .interpreterAbsent, "there is no command \(request) on PATH",
          hint: "install it, or set spec.python to a path or to a version such as \">=3.11\"")
      }
      return try await probe(path).interpreter
    }
    var seen: [String] = []
    for path in candidates() {
      guard let interpreter = try? await probe(path).interpreter, let version = Version(interpreter.version) else {
        continue
      }
      if specifiers.contains(version, allowPrereleases: true) { return interpreter }
      seen.append("\(path) (\(interpreter.version))")
    }
    throw Failure(
      .interpreterAbsent, "no interpreter here fits spec.python: \"\(request)\"",
      because: seen.isEmpty ? "there is none on PATH" : "found " + seen.joined(separator: ", "),
      hint: "install one (Pinion downloads none unasked), or change spec.python")
  }

  /// Whether a version fits a request; true for requests that name a command or a path.
  public static func fits(_ version: String, request: String?) -> Bool {
    guard let request, let specifiers = versionRequest(request), let version = Version(version) else { return true }
    return specifiers.contains(version, allowPrereleases: true)
  }

  /// Reads `>=3.11`, `3.12` (any 3.12) or `3.12.1`; nil when the text is no version request.
  public static func versionRequest(_ text: String) -> VersionSpecifiers? {
    if let version = Version(text) {
      return VersionSpecifiers(version.release.count < 3 ? "==\(text).*" : "==\(text)")
    }
    guard let first = text.first, "<>=!~".contains(first) else { return nil }
    return VersionSpecifiers(text)
  }

  /// The base at a path: an environment with an interpreter in its `bin`.
  ///
  /// Throws `baseUnfit` when there is none.
  public func base(at path: String) async throws -> BaseEnvironment {
    guard let executable = ["bin/python3", "bin/python"].map({ "\(path)/\($0)" }).first(where: Files.isExecutable)
    else {
      throw Failure(
        .baseUnfit, "the base has no interpreter", at: .path(path), because: "there is no bin/python3 in it",
        hint: "spec.base is the directory of an environment, for instance /opt/venv")
    }
    let answer = try await probe(executable, "base")
    return BaseEnvironment(
      path: path, interpreter: answer.interpreter, siteDirectories: answer.siteDirectories ?? [],
      distributions: (answer.distributions ?? []).compactMap(\.model))
  }

  private func candidates() -> [String] {
    var names = ["python3"]
    names += (8...20).reversed().map { "python3.\($0)" }
    var paths = names.compactMap(onPath)
    if let home {
      let managed = "\(home)/.local/share/uv/python"
      for name in ((try? Files.list(managed)) ?? []).reversed() {
        let path = "\(managed)/\(name)/bin/python3"
        if Files.isExecutable(path) { paths.append(path) }
      }
    }
    return paths
  }

  private func onPath(_ command: String) -> String? {
    searchPath.map { "\($0)/\(command)" }.first(where: Files.isExecutable)
  }

  private func probe(_ path: String, _ arguments: String...) async throws -> Answer {
    // What is installed beside it may change at any time.
    let cache = arguments.isEmpty ? cache : nil
    if let kept = cache?.answer(of: path), let answer = try? JSONDecoder().decode(Answer.self, from: Data(kept.utf8)),
      let identity = Files.identity(answer.executable)
    {
      return answer.with(identity: identity)
    }
    // -I: neither the working directory nor variables may lead the probe astray.
    let result = try await ChildProcess.run(
      path, ["-I", "-c", InterpreterProbe.program] + arguments,
      // What is attached to a base is not of it.
      environment: [
        "PATH": searchPath.joined(separator: ":"), "LANG": "C.UTF-8", "HOME": home ?? "/nonexistent",
        "PINION_GENERATION": "none",
      ],
      deadline: 60)
    guard result.status == 0,
      let answer = try? JSONDecoder().decode(Answer.self, from: Data(result.output.utf8)),
      let identity = Files.identity(answer.executable)
    else {
      throw Failure(
        .interpreterFailed, "the interpreter could not describe itself", at: .path(path),
        because: result.timedOut ? "it did not answer within 60 s" : Self.words(of: result),
        hint: "check that `\(path) -c 'import json, site, sysconfig'` works; Pinion needs Python 3.9 or later")
    }
    guard let version = Version(answer.version), let oldest = Version(Self.oldest), version >= oldest else {
      throw Failure(
        .interpreterFailed, "Python \(answer.version) is too old", at: .path(path),
        because: "Pinion needs Python \(Self.oldest) or later", hint: "name another one with spec.python")
    }
    cache?.keep(result.output, of: path, executable: answer.executable)
    return answer.with(identity: identity)
  }

  /// The first version that Pinion's own programs run on.
  private static let oldest = "3.9"

  /// The end of what it said. What is no interpreter may repeat the program that it was given.
  private static func words(of result: ProcessResult) -> String {
    let words = result.lastWords(lines: 3)
    if words.isEmpty { return "it ended with status \(result.status)" }
    return words.count <= 300 ? words : "\(words.prefix(120)) … \(words.suffix(120))"
  }
}

/// What the probe prints.
private struct Answer: Decodable {
  struct Distribution: Decodable {
    var name: String
    var version: String
    var metadata: String
    var isDirect: Bool
    var scripts: [String: String]
    var topLevel: [String]

    var model: BaseDistribution? {
      PackageName(name).map {
        BaseDistribution(
          name: $0, version: version, metadata: metadata, isDirect: isDirect, scripts: scripts, topLevel: topLevel)
      }
    }
  }

  var executable: String
  var version: String
  var implementation: String
  var cacheTag: String
  var soabi: String
  var platform: String
  var bits: Int
  var libc: [String]
  var markers: [String: String]
  var siteDirectories: [String]?
  var distributions: [Distribution]?
  var identity: FileIdentity?

  func with(identity: FileIdentity) -> Answer {
    var copy = self
    copy.identity = identity
    return copy
  }

  var interpreter: Interpreter {
    let numbers = version.split(separator: ".").prefix(2).compactMap { Int($0) }
    let tags = WheelTags.supported(
      implementation: implementation, version: (numbers.first ?? 3, numbers.last ?? 0), soabi: soabi,
      platform: PlatformDescription(name: platform, library: library, is32Bit: bits == 32))
    return Interpreter(
      executable: executable, version: version, implementation: implementation, cacheTag: cacheTag, soabi: soabi,
      markers: markers, tags: tags, identity: identity ?? FileIdentity(size: 0, modified: 0, inode: 0))
  }

  private var library: PlatformDescription.CLibrary {
    if libc.first == "glibc" {
      let numbers = (libc.last ?? "").split(separator: ".").compactMap { Int($0) }
      if numbers.count >= 2 { return .glibc(major: numbers[0], minor: numbers[1]) }
    }
    // musl says its version nowhere but in its loader's name and banner; 1.2 has been current since 2020.
    return soabi.contains("musl") ? .musl(major: 1, minor: 2) : .other
  }
}
