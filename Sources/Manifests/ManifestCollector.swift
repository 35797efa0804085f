internal import Model
internal import Platform

/// Gathers what several files declare, and every complaint about them.
struct ManifestCollector {
  private let variables: Variables
  private let secrets: SecretRegistry
  private let host: HostPolicy?
  private let workingDirectory: String
  /// The files in the order in which they were named, each once.
  private var manifests: [ReadManifest] = []
  /// Their places in `manifests`, by where they are.
  private var places: [String: Int] = [:]
  /// Where files are that others include.
  private var included: Set<String> = []
  private var environments: [DesiredEnvironment] = []
  private var complaints: [Diagnostic] = []

  init(variables: Variables, secrets: SecretRegistry, host: HostPolicy?, workingDirectory: String) {
    self.variables = variables
    self.secrets = secrets
    self.host = host
    self.workingDirectory = workingDirectory
  }

  /// Reads one file. In one that the user named, something must be ours.
  mutating func read(_ path: String, name: String, isNamed: Bool) {
    _ = manifest(path, name: name, role: isNamed ? .named : .listed)
  }

  /// The file's place among all; it is read when it was not.
  private mutating func manifest(
    _ path: String, name: String, role: ReadManifest.Role, from include: Place? = nil
  ) -> Int {
    if let place = places[Files.realPath(path) ?? path] { return place }
    let manifest = ReadManifest(
      name: name, path: path, role: role, include: include, variables: variables, secrets: secrets,
      grants: host.map { HostGrants(policy: $0) })
    places[manifest.path] = manifests.count
    manifests.append(manifest)
    return manifests.count - 1
  }

  /// Complains about a directory in which nothing is ours.
  mutating func requireManifests(in name: String) {
    let hasErrors = manifests.contains { $0.diagnostics.contains { $0.severity == .error } }
    guard !manifests.contains(where: \.isManifest), !hasErrors else { return }
    let message = manifests.isEmpty ? "the directory has no *.yaml and no *.yml" : "the directory has no manifest"
    complaints.append(
      Diagnostic(
        .manifestMissing, message, at: .path(name),
        because: manifests.isEmpty ? nil : "no document in it is a ModuleSet or a vCon Server config",
        hint: "name another file or directory with -f"))
  }

  /// What was read, and all that is to be said about it: errors, then the rest, each once.
  mutating func finish() -> (loaded: LoadedManifests, errors: [Diagnostic]) {
    let named = manifests.indices
    var closures: [Int: [[Int]]] = [:]
    for place in named { closures[place] = manifests[place].declarations.map { closure(of: $0, in: place) } }
    for place in named where !included.contains(manifests[place].path) {
      for (declaration, files) in zip(manifests[place].declarations, closures[place] ?? []) {
        add(declaration, with: files)
      }
    }
    // By now every secret of every file is known, also those that stand behind the place of a complaint.
    var known: Set<String> = []
    let all =
      (manifests.flatMap(\.diagnostics) + complaints + environments.flatMap(InsecureTransport.warnings)
      + environments.flatMap(ClaimedNames.warnings))
      .map(redacted).filter { known.insert("\($0.severity) \($0.message) \(String(describing: $0.place))").inserted }
    let loaded = LoadedManifests(
      environments: environments, warnings: all.filter { $0.severity != .error }, files: manifests.map(\.name))
    return (loaded, all.filter { $0.severity == .error })
  }

  // MARK: includes

  /// How many files may stand in a row of which each includes the next.
  private static let deepest = 32

  /// The files that a document includes, and those that they include, each once, in the order of the text. Another document of
  /// its file is another environment, with includes of its own.
  private mutating func closure(of declaration: Declaration, in place: Int) -> [Int] {
    var found: [Int] = []
    follow(declaration.settings.includes, of: place, [], &found)
    return found
  }

  private mutating func follow(
    _ includes: [ManifestSettings.Include], of place: Int,
    _ chain: [(file: Int, include: ManifestSettings.Include)], _ found: inout [Int]
  ) {
    let file = manifests[place]
    for include in includes {
      for path in paths(of: include, in: file) {
        let next = manifest(path, name: shown(path, in: file), role: .included, from: include.place)
        included.insert(manifests[next].path)
        let steps = chain + [(place, include)]
        if let start = steps.firstIndex(where: { $0.file == next }) {
          complainOfCycle(steps[start...].map(\.include))
        } else if steps.count > Self.deepest {
          complaints.append(
            Diagnostic(
              .manifestInvalid, "files include each other more than \(Self.deepest) levels deep", at: include.place,
              hint: "include the files directly"))
        } else if !found.contains(next) {
          found.append(next)
          follow(manifests[next].declarations.flatMap(\.settings.includes), of: next, steps, &found)
        }
      }
    }
  }

  private mutating func complainOfCycle(_ steps: [ManifestSettings.Include]) {
    // The same cycle is found from each of its files; it is told once, from its first place.
    let ordered = steps.map(\.location.description)
    guard let first = ordered.indices.min(by: { ordered[$0] < ordered[$1] }) else { return }
    let turned = ordered[first...] + ordered[..<first]
    complaints.append(
      Diagnostic(
        .manifestInvalid, turned.count == 1 ? "the file includes itself" : "files include each other in a circle",
        at: steps[first].place,
        because: turned.count == 1 ? nil : turned.joined(separator: " includes the file of ") + ", and so on",
        hint: "take one of these includes out"))
  }

  /// The files that an include names. Complains when there are none.
  private mutating func paths(of include: ManifestSettings.Include, in file: ReadManifest) -> [String] {
    let text = include.text
    func complain(_ message: String, _ hint: String) {
      complaints.append(Diagnostic(.manifestInvalid, message, at: include.place, hint: hint))
    }
    guard !text.contains("://"), !text.hasPrefix("git+") else {
      complain("a URL cannot be included", "clone the repository, and include its files")
      return []
    }
    guard !text.hasPrefix("~") else {
      complain("'\(text)' begins with '~', which is not expanded", "write the path in full, or '${HOME}/…'")
      return []
    }
    let path = text.absolutePath(from: file.directory)
    guard text.contains("*") || text.contains("?") || (FileGlob.flaw(of: text) != nil && !Files.exists(path)) else {
      if Files.isDirectory(path) {
        complain("'\(text)' is a directory", "write '\(text.hasSuffix("/") ? text : text + "/")*.yaml' for its files")
      } else if !Files.mayExist(path) {
        complain("there is no file '\(text)'", "included files are named from the including file's directory")
      } else {
        return [path]
      }
      return []
    }
    if let flaw = FileGlob.flaw(of: text), !Files.exists(path) {
      complain(
        "'\(text)' is no pattern: \(flaw) is not understood",
        "patterns have '*', '?' and '**'; list other files one by one")
      return []
    }
    let matches: [String]
    do throws(FileGlob.TooMany) { matches = try FileGlob.paths(matching: path) } catch {
      complain(
        "'\(text)' fits too much: the limit is \(error.limit) names",
        "name the directories that the files stand in")
      return []
    }
    if matches.isEmpty { complain("no file fits '\(text)'", "patterns start from the including file's directory") }
    // A file may fit its own pattern, as in `include: ["*.yaml"]`.
    return matches.filter { (Files.realPath($0) ?? $0) != file.path }
  }

  /// An included file's name as the user would write it: absolute where the including one was.
  private func shown(_ path: String, in file: ReadManifest) -> String {
    file.name.hasPrefix("/") ? path : path.relativePath(from: workingDirectory)
  }

  // MARK: environments

  private mutating func add(_ declaration: Declaration, with files: [Int]) {
    let others = files.flatMap { manifests[$0].declarations }
    let includes = declaration.settings.includes.isEmpty ? [] : files
    let merged = SettingsMerge(declaration, with: includes.isEmpty ? [] : others, host: host)
    complaints += merged.complaints + HookPermission.complaints(merged.environment, host: host)
    var environment = merged.environment
    environment.include = includes.map { manifests[$0].path }
    declaration.reader.readModules(of: declaration, into: &environment)
    for other in includes.isEmpty ? [] : others { other.reader.readModules(of: other, into: &environment) }
    refuseSecondModules(&environment)
    if environment.onlyUsed { environment.modules.removeAll { !$0.isUsed } }
    environment.attachGitCredentials()
    guard declaration.hasName else { return }
    refuseSecond(environment)
    environments.append(environment)
  }

  /// A module has one place.
  private mutating func refuseSecondModules(_ environment: inout DesiredEnvironment) {
    var first: [String: SourceLocation] = [:]
    for module in environment.modules {
      if let location = first[module.label] {
        complaints.append(
          Diagnostic(
            .manifestInvalid, "the module '\(module.label)' stands in two places, first at \(location)",
            at: .source(module.location, excerpt: nil), hint: "remove or rename one of them"))
      } else {
        first[module.label] = module.location
      }
    }
  }

  private mutating func refuseSecond(_ environment: DesiredEnvironment) {
    let place = Place.source(environment.location, excerpt: nil)
    if let first = environments.first(where: { $0.name == environment.name }) {
      let key = environment.kind == .moduleSet ? "metadata.name" : "pinion.name"
      complaints.append(
        Diagnostic(
          .manifestInvalid, "two environments are called '\(environment.name)', the first at \(first.location)",
          at: place, hint: "give one of them another name with `\(key)`"))
    } else if let first = environments.first(where: { $0.lockfile == environment.lockfile }) {
      complaints.append(
        Diagnostic(
          .manifestInvalid,
          "the environments '\(first.name)' and '\(environment.name)' share a lockfile, the first at \(first.location)",
          at: place, hint: "give one of them another with `lockfile`"))
    }
  }

  private func redacted(_ diagnostic: Diagnostic) -> Diagnostic {
    var result = diagnostic
    func shown(_ text: String) -> String { Excerpt.printable(secrets.redactQuotes(in: secrets.redact(text))) }
    result.message = shown(Excerpt.withoutUserInfo(diagnostic.message))
    result.cause = diagnostic.cause.map(shown)
    result.hint = diagnostic.hint.map { shown(WrittenSecret.hidden(in: $0)) }
    if case .source(let location, let excerpt) = diagnostic.place {
      let line = excerpt ?? manifests.first { $0.name == location.file }?.line(location.line)
      result.place = .source(location, excerpt: line.map(secrets.redact))
    }
    return result
  }
}
