internal import Model

/// Gathers what several files declare, and every complaint about them.
struct ManifestCollector {
  private let variables: Variables
  private let secrets: SecretRegistry
  private var environments: [DesiredEnvironment] = []
  private var errors: [Diagnostic] = []
  private var warnings: [Diagnostic] = []
  private var files: [String] = []
  private var foundManifest = false

  init(variables: Variables, secrets: SecretRegistry) {
    self.variables = variables
    self.secrets = secrets
  }

  /// Reads one file. In one that the user named, something must be ours.
  mutating func read(_ path: String, name: String, isNamed: Bool) {
    files.append(name)
    let documents: [YamlDocument]
    let file: ManifestFile
    do throws(Failure) {
      file = try ManifestFile(name: name, path: path)
    } catch {
      errors += error.diagnostics
      return
    }
    do throws(YamlProblem) {
      documents = try YamlDocument.parse(file.bytes)
    } catch {
      foundManifest = true
      errors.append(
        Diagnostic(.manifestSyntax, error.message, at: file.place(error.mark), because: error.cause, hint: error.hint))
      return
    }
    read(documents, of: file, isNamed: isNamed)
  }

  private mutating func read(_ documents: [YamlDocument], of file: ManifestFile, isNamed: Bool) {
    let reader = ManifestReader(file: file, variables: variables, secrets: secrets)
    let kinds = documents.map { ManifestReader.kind(of: $0) }
    let isOurs = kinds.contains { $0 == .moduleSet || $0 == .vconServer }
    let hint = "write a ModuleSet (apiVersion: pinion/v1), or name a vCon Server config"
    if !kinds.contains(where: { $0 != .empty }) {
      if isNamed {
        errors.append(Diagnostic(.manifestInvalid, "the manifest is empty", at: .path(file.name), hint: hint))
      } else {
        note("the file is empty, and is passed over", at: .path(file.name))
      }
    }
    for (document, kind) in zip(documents, kinds) {
      switch kind {
      case .empty: continue
      case .foreign where isNamed && !isOurs:
        let message = "this is neither a ModuleSet nor a vCon Server config"
        errors.append(
          Diagnostic(.manifestInvalid, message, at: file.place(document.root.mark), hint: hint))
      case .foreign:
        let message = "this is neither a ModuleSet nor a vCon Server config, and is passed over"
        note(message, at: file.place(document.root.mark))
      case .moduleSet, .vconServer:
        foundManifest = true
        let environment = kind == .moduleSet ? reader.moduleSet(document.root) : reader.vconServer(document.root)
        if let environment { add(environment, file, document.root.mark) }
      }
    }
    errors += Self.inOrder(reader.errors)
    warnings += Self.inOrder(reader.warnings)
  }

  private mutating func note(_ message: String, at place: Place) {
    warnings.append(Diagnostic(.manifestInvalid, severity: .note, message, at: place))
  }

  private mutating func add(_ environment: DesiredEnvironment, _ file: ManifestFile, _ mark: YamlMark) {
    if let first = environments.first(where: { $0.name == environment.name }) {
      let key = environment.kind == .moduleSet ? "metadata.name" : "pinion.name"
      errors.append(
        Diagnostic(
          .manifestInvalid, "two environments are called '\(environment.name)', the first at \(first.location)",
          at: file.place(mark), hint: "give one of them another name with `\(key)`"))
    } else if let first = environments.first(where: { $0.lockfile == environment.lockfile }) {
      errors.append(
        Diagnostic(
          .manifestInvalid,
          "the environments '\(first.name)' and '\(environment.name)' share a lockfile, the first at \(first.location)",
          at: file.place(mark), hint: "give one of them another with `lockfile`"))
    }
    environments.append(environment)
  }

  /// Complains about a directory in which nothing is ours.
  mutating func requireManifests(in name: String) {
    guard !foundManifest, errors.isEmpty else { return }
    let message = files.isEmpty ? "the directory has no *.yaml and no *.yml" : "the directory has no manifest"
    errors.append(
      Diagnostic(
        .manifestMissing, message, at: .path(name),
        because: files.isEmpty ? nil : "no document in it is a ModuleSet or a vCon Server config",
        hint: "name another file or directory with -f"))
  }

  /// What was read, or all that is wrong with it.
  func finish() throws(Failure) -> LoadedManifests {
    // By now every secret of every file is known, also those that stand behind the place of a complaint.
    guard errors.isEmpty else { throw Failure(errors.map(redacted)) }
    let exposed = environments.flatMap(InsecureTransport.warnings)
    return LoadedManifests(environments: environments, warnings: (warnings + exposed).map(redacted), files: files)
  }

  private func redacted(_ diagnostic: Diagnostic) -> Diagnostic {
    var result = diagnostic
    result.message = secrets.redact(diagnostic.message)
    result.cause = diagnostic.cause.map(secrets.redact)
    result.hint = diagnostic.hint.map(secrets.redact)
    if case .source(let location, let excerpt) = diagnostic.place {
      result.place = .source(location, excerpt: excerpt.map(secrets.redact))
    }
    return result
  }

  /// In the order of the text.
  private static func inOrder(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    diagnostics.enumerated().sorted { left, right in
      let (one, other) = (position(left.element), position(right.element))
      return one == other ? left.offset < right.offset : one < other
    }.map(\.element)
  }

  private static func position(_ diagnostic: Diagnostic) -> YamlMark {
    guard case .source(let location, _) = diagnostic.place else { return YamlMark(line: .max, column: 0) }
    return YamlMark(line: location.line, column: location.column)
  }
}
