internal import FoundationEssentials
public import Model
public import Network
internal import Platform

/// The `uv` program: found on PATH, or installed once, pinned and hashed, into the tools directory.
public struct Uv: Sendable {
  /// The oldest version whose options Pinion uses.
  public static let minimumVersion = "0.13.0"

  /// Where it is; absolute.
  public let path: String
  /// Its version.
  public let version: String

  /// Finds uv, or installs it.
  ///
  /// Throws `resolverAbsent` when there is none and none can be had.
  public static func locate(
    searchPath: [String], state: StateDirectory, client: WebClient, indexes: [PackageIndex], variables: Variables,
    wheelReading: any WheelReading, announce: @Sendable (String) -> Void
  ) async throws -> Uv {
    let installed = "\(state.tools)/uv-\(UvInstaller.version)/uv"
    var tooOld: String?
    let known = ProgramCache(directory: "\(state.cache)/resolvers")
    for path in searchPath.map({ "\($0)/uv" }) + [installed] where Files.isExecutable(path) {
      guard let version = try await version(of: path, known) else { continue }
      if let found = Version(version), let minimum = Version(minimumVersion), found >= minimum {
        return Uv(path: path, version: version)
      }
      tooOld = "\(path) is uv \(version)"
    }
    announce("Installing the resolver, uv \(UvInstaller.version), into the state directory")
    try await UvInstaller(
      state: state, client: client, indexes: indexes, variables: variables, wheelReading: wheelReading
    )
    .install(to: installed, because: tooOld)
    guard let version = try await version(of: installed, known) else {
      throw Failure(
        .resolverAbsent, "the installed uv does not run here", at: .path(installed),
        hint: "install uv \(minimumVersion) or later yourself, so that it is on PATH")
    }
    return Uv(path: installed, version: version)
  }

  private static func version(of path: String, _ known: ProgramCache) async throws -> String? {
    if let version = known.answer(of: path), Version(version) != nil { return version }
    let result = try await ChildProcess.run(path, ["--version"], environment: [:], deadline: 30)
    let words = result.output.split(whereSeparator: \.isWhitespace)
    guard result.status == 0, words.first == "uv", words.count > 1 else { return nil }
    // A program that chooses a uv is a script, and none is as large as this.
    if let real = Files.realPath(path), let size = Files.identity(real)?.size, size >= 1 << 20 {
      known.keep(String(words[1]), of: path, executable: real)
    }
    return String(words[1])
  }

  /// The index that uv asks when nothing is configured, as its own help says; nil when that cannot be read.
  static func builtInIndex(_ path: String) async throws -> String? {
    let result = try await ChildProcess.run(
      path, ["pip", "compile", "--help"], environment: [:], deadline: 30)
    guard let option = result.output.firstRange(of: "--default-index"),
      let start = result.output[option.upperBound...].firstRange(of: "<http"),
      let end = result.output[start.upperBound...].firstIndex(of: ">")
    else { return nil }
    return "http" + result.output[start.upperBound..<end]
  }

  /// Runs uv with nothing of Pinion's own environment, confined, since it runs build back ends.
  ///
  /// - Parameters:
  ///   - pages: where the only index that uv sees has its pages, below `index`.
  ///   - sourceDate: the time that builds are told it is, in seconds since 1970.
  ///   - tools: directories for PATH, for uv and for the build back ends it runs.
  ///   - scratch: an empty directory for HOME and TMPDIR, so that nothing of the user's can be read by accident.
  func run(
    _ arguments: [String], pages: String, of index: LoopbackAddress, in context: UvContext, tools: [String],
    scratch: String, sourceDate: Int = SourceDate.standard, deadline: Double
  ) async throws -> ProcessResult {
    let home = "\(scratch)/home"
    let temporary = "\(scratch)/tmp"
    try Files.makeDirectory(home)
    try Files.makeDirectory(temporary)
    var environment = [
      "PATH": tools.joined(separator: ":"), "HOME": home, "TMPDIR": temporary, "LANG": "C.UTF-8",
      // Not among the arguments, which every user of the machine can read.
      "UV_DEFAULT_INDEX": "\(index.root)/\(pages)/", "UV_CACHE_DIR": context.cache, "UV_NO_PROGRESS": "1",
      "NO_COLOR": "1",
      "UV_PYTHON_DOWNLOADS": "never",
      // Build back ends that ask git must not find the user's settings or ask for a password. What they set goes into a file of
      // their own: git would put one in the place of /dev/null.
      "GIT_CONFIG_GLOBAL": "\(home)/.gitconfig", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
      // The same source gives the same bytes, whenever and wherever it is built.
      "SOURCE_DATE_EPOCH": String(sourceDate), "PYTHONHASHSEED": "0", "TZ": "UTC",
    ]
    if let certificates = context.trustedCertificates { environment["SSL_CERT_FILE"] = certificates }
    return try await context.confinement.run(
      path, arguments, index: index, rules: context.builds, environment: environment, workingDirectory: scratch,
      deadline: deadline)
  }
}
