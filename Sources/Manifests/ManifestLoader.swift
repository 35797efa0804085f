public import Model
internal import Platform

/// What manifests declare.
public struct LoadedManifests: Sendable, Equatable {
  /// The environments in the order of files and documents; their names differ.
  public var environments: [DesiredEnvironment]
  /// What a person should know and what stops nothing: warnings and notes.
  public var warnings: [Diagnostic]
  /// The files that were read, as the user named them.
  public var files: [String]
}

/// Reads manifests: YAML in, declarations with their places out.
///
/// Everything is checked before anything is said, so that one run shows every mistake.
public struct ManifestLoader: Sendable {
  private let variables: Variables
  private let secrets: SecretRegistry
  private let host: HostPolicy?

  /// Takes the variables that manifests may use, and what the host's file says of them. Secrets found in manifests are
  /// added to the registry.
  public init(variables: Variables, secrets: SecretRegistry, host: HostPolicy? = nil) {
    self.variables = variables
    self.secrets = secrets
    self.host = host
  }

  /// Reads a file, or the `*.yaml` and `*.yml` of a directory; with nil the first of `pinion.yaml`, `config.yml` and
  /// `manifests/` in the working directory.
  ///
  /// Throws one failure with all complaints of all files: `manifestMissing`, `manifestSyntax`, `manifestInvalid`,
  /// `requirementInvalid`, `variableUnset`, `policyDenied`, `io`. No complaint holds a secret.
  public func load(_ path: String?, workingDirectory: String) throws(Failure) -> LoadedManifests {
    let (loaded, errors) = try check(path, workingDirectory: workingDirectory)
    guard errors.isEmpty else { throw Failure(errors) }
    return loaded
  }

  /// Reads the same, and goes on where something is wrong: what could be read is returned beside the errors. For whoever
  /// wants to say more about it; nothing may be done with it while there are errors.
  ///
  /// Throws only where there is nothing to read.
  public func check(
    _ path: String?, workingDirectory: String
  ) throws(Failure) -> (loaded: LoadedManifests, errors: [Diagnostic]) {
    let name = if let path { path } else { try Self.defaultName(in: workingDirectory) }
    guard !name.contains("://"), !name.hasPrefix("git+") else {
      throw Failure(
        .manifestMissing, "manifests at a URL are not understood by this version",
        hint: "clone the repository, and name the file or the directory")
    }
    let absolute = name.absolutePath(from: workingDirectory)
    var collector = ManifestCollector(
      variables: variables, secrets: secrets, host: host, workingDirectory: workingDirectory)
    if Files.isDirectory(absolute) {
      let names = try Files.list(absolute)
      let manifests = names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
      let prefix = name.hasSuffix("/") ? name : "\(name)/"
      for manifest in manifests where !Files.isDirectory("\(absolute)/\(manifest)") {
        collector.read("\(absolute)/\(manifest)", name: prefix + manifest, isNamed: false)
      }
      collector.requireManifests(in: name)
    } else {
      collector.read(absolute, name: name, isNamed: true)
    }
    return collector.finish()
  }

  private static func defaultName(in directory: String) throws(Failure) -> String {
    for name in ["pinion.yaml", "config.yml", "manifests"] {
      let path = "\(directory)/\(name)"
      if Files.exists(path), Files.isDirectory(path) == (name == "manifests") { return name }
    }
    throw Failure(
      .manifestMissing, "there is no pinion.yaml, no config.yml and no manifests/ here", at: .path(directory),
      hint: "name a file or a directory with -f")
  }
}
