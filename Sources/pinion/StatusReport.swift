internal import Installation
internal import Model
internal import Platform
internal import Reconciliation

/// The status of environments: as JSON (see docs/json.md) and as text.
struct StatusReport: Encodable {
  struct ModuleEntry: Encodable {
    var module: InstalledModule
    var state: String
    var conditions: [Condition] = []

    enum Key: String, CodingKey { case name, section, module, distribution, version, commit, state, conditions }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(module.name, forKey: .name)
      try container.encode(module.section, forKey: .section)
      try container.encode(module.module, forKey: .module)
      try container.encode(module.distribution, forKey: .distribution)
      try container.encode(module.version, forKey: .version)
      try container.encode(module.commit, forKey: .commit)
      try container.encode(state, forKey: .state)
      try container.encode(conditions, forKey: .conditions)
    }
  }

  struct Environment: Encodable {
    var name: String
    var generation: Int?
    var path: String?
    var lockDigest: String?
    var modules: [ModuleEntry]
    var conditions: [Condition]

    enum Key: String, CodingKey { case name, generation, path, lockDigest, modules, conditions }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(name, forKey: .name)
      try container.encode(generation, forKey: .generation)
      try container.encode(path, forKey: .path)
      try container.encode(lockDigest, forKey: .lockDigest)
      try container.encode(modules, forKey: .modules)
      try container.encode(conditions, forKey: .conditions)
    }
  }

  var formatVersion = 1
  var environments: [Environment]

  /// Reads the state of the named environments; nothing but the state directory is looked at.
  init(_ names: [String], state: StateDirectory) throws {
    environments = try names.map { name in
      let observed = try Observation.of(name, in: state)
      let damaged = Set(observed.drift.compactMap(\.storeKey))
      let keys = Dictionary(
        (observed.record?.distributions ?? []).map { ($0.name, $0.storeKey) }, uniquingKeysWith: { first, _ in first })
      let heldBack = try StatusFile.read(name, state: state)?.modules ?? []
      let present = (observed.record?.modules ?? []).map { module in
        let key = module.distribution.flatMap { keys[$0] }
        let isDamaged = key.map(damaged.contains) ?? false
        let own = heldBack.first { $0.module == "\(module.section.rawValue).\(module.name)" }
        return ModuleEntry(
          module: module, state: isDamaged ? "drifted" : StatusReport.state(of: module),
          conditions: own?.conditions ?? [])
      }
      return Environment(
        name: name, generation: observed.record?.number, path: observed.path, lockDigest: observed.record?.lockDigest,
        modules: present + StatusReport.absent(heldBack, but: present),
        conditions: try StatusReport.conditions(name, observed: observed, state: state))
    }
  }

  /// Modules that were left out, since they could not be resolved and were never locked.
  private static func absent(_ heldBack: [StatusFile.ModuleStatus], but present: [ModuleEntry]) -> [ModuleEntry] {
    let known = Set(present.map { "\($0.module.section.rawValue).\($0.module.name)" })
    return heldBack.filter { !known.contains($0.module) }.compactMap { entry in
      let parts = entry.module.split(separator: ".", maxSplits: 1).map(String.init)
      guard parts.count == 2, let section = Module.Section(rawValue: parts[0]) else { return nil }
      let module = InstalledModule(
        name: parts[1], section: section, module: entry.importPath, answer: .excluded, distribution: nil, version: nil,
        commit: nil)
      return ModuleEntry(module: module, state: "absent", conditions: entry.conditions)
    }
  }

  private static func state(of module: InstalledModule) -> String {
    module.answer == .distribution ? "installed" : module.answer.rawValue
  }

  /// All five conditions, always, in the order of their kinds.
  private static func conditions(_ name: String, observed: Observation, state: StateDirectory) throws -> [Condition] {
    let recorded = try StatusFile.read(name, state: state)?.conditions ?? []
    let drift = observed.drift
    return try Condition.Kind.allCases.map { kind in
      switch kind {
      case .ready:
        recorded.first { $0.type == .ready }
          ?? Condition(.ready, .no, reason: "NeverApplied", message: "the environment was never applied")
      case .stalled:
        recorded.first { $0.type == .stalled } ?? Condition(.stalled, .no, reason: "NotStalled", message: "")
      case .reconciling:
        try isBusy(name, state)
          ? Condition(.reconciling, .yes, reason: "Progressing", message: "another Pinion is at work on it")
          : Condition(.reconciling, .no, reason: "Idle", message: "")
      case .drifted:
        drift.isEmpty
          ? Condition(.drifted, .no, reason: "AsRecorded", message: "")
          : Condition(
            .drifted, .yes, reason: "DriftFound",
            message: "\(PlanText.count(drift.count, "path")) not as recorded, the first: \(drift[0].path)")
      case .suspended:
        observed.pin.map {
          Condition(
            .suspended, .yes, reason: "RolledBack",
            message: "generation \($0) is pinned by a rollback; nothing is changed until: pinion resume")
        } ?? Condition(.suspended, .no, reason: "NotSuspended", message: "")
      }
    }
  }

  /// Whether a writer holds the environment's lock.
  private static func isBusy(_ name: String, _ state: StateDirectory) throws -> Bool {
    guard Files.exists(state.lock(name)) else { return false }
    return try FileLock.attempt(state.lock(name), .shared) == nil
  }

  // MARK: Text

  func text(style: Style) -> String {
    environments.map { environment in
      var lines: [String] = []
      let generation = environment.generation.map { "generation \($0)" } ?? "no generation yet"
      lines.append("\(style.bold(environment.name)): \(generation)")
      if let path = environment.path { lines.append("  path  \(path)") }
      for condition in environment.conditions where condition.status == .yes || condition.type == .ready {
        let isGood = condition.type == .ready && condition.status == .yes
        let word = condition.type.rawValue + (condition.status == .yes ? "" : ": \(condition.status.rawValue)")
        let reason = condition.message.isEmpty ? condition.reason : "\(condition.reason): \(condition.message)"
        lines.append("  " + (isGood ? style.green(word) : style.yellow(word)) + "  \(reason)")
      }
      let rows = environment.modules.map { entry in
        let module = entry.module
        let version = module.version.map { $0 + (module.commit.map { " (\($0.prefix(12)))" } ?? "") }
        return (
          "\(module.section.rawValue).\(module.name)", module.module,
          [module.distribution?.text, version].compactMap { $0 }.joined(separator: " "), entry.state
        )
      }
      let widths = (rows.map(\.0.count).max() ?? 0, rows.map(\.1.count).max() ?? 0, rows.map(\.2.count).max() ?? 0)
      for row in rows {
        let line =
          "  \(PlanText.padded(row.0, widths.0))  \(PlanText.padded(row.1, widths.1))  "
          + "\(PlanText.padded(row.2, widths.2))  \(row.3)"
        lines.append(line.oneLine)
      }
      for entry in environment.modules {
        for condition in entry.conditions where condition.status != .yes {
          lines.append(
            "  "
              + style.yellow("\(entry.module.section.rawValue).\(entry.module.name) \(condition.type.rawValue): False")
              + "  \(condition.reason): \(condition.message)")
        }
      }
      return lines.joined(separator: "\n")
    }.joined(separator: "\n\n")
  }
}

/// What `validate` found, as JSON.
struct ValidationJSON: Encodable {
  struct Entry: Encodable {
    var diagnostic: Diagnostic

    enum Key: String, CodingKey { case severity, code, message, file, line, column, cause, hint }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(diagnostic.severity, forKey: .severity)
      try container.encode(diagnostic.code, forKey: .code)
      try container.encode(diagnostic.message, forKey: .message)
      var location: SourceLocation?
      var path: String?
      switch diagnostic.place {
      case .source(let found, _): location = found
      case .path(let found), .url(let found): path = found
      case nil: break
      }
      try container.encode(location?.file ?? path, forKey: .file)
      try container.encode(location?.line, forKey: .line)
      try container.encode(location?.column, forKey: .column)
      try container.encode(diagnostic.cause, forKey: .cause)
      try container.encode(diagnostic.hint, forKey: .hint)
    }
  }

  var formatVersion = 1
  var valid: Bool
  var diagnostics: [Entry]

  init(valid: Bool, diagnostics: [Diagnostic]) {
    self.valid = valid
    self.diagnostics = diagnostics.map(Entry.init(diagnostic:))
  }
}
