internal import Model

/// The commands of a generation's `bin`: those of its distributions, then those of the base whose names are free.
struct CommandTable {
  /// What a command is made from.
  enum Command: Equatable {
    case entryPoint(ScriptEntryPoint)
    /// A file of a wheel: its path in the store, and the hash of its bytes.
    case file(storePath: String, sha256: String)
  }

  /// By name, sorted.
  var all: [(name: String, command: Command)] { commands.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
  private var commands: [String: Command] = [:]
  private var owners: [String: PackageName] = [:]
  private var complaints: [Diagnostic] = []

  /// Collects them. Throws `collision` when two distributions bring different commands of one name.
  init(
    _ blueprint: GenerationBlueprint, _ records: [(key: String, record: StoreRecord)], _ files: GenerationFiles
  ) throws(Failure) {
    for (key, record) in records {
      for point in record.entryPoints { add(point.name, .entryPoint(point), of: record.name) }
      for script in record.scripts {
        add(
          script.path, .file(storePath: "\(key)/data/scripts/\(script.path)", sha256: script.sha256), of: record.name)
      }
    }
    for item in files.commands {
      add(item.command, .file(storePath: item.storePath, sha256: item.sha256), of: item.name)
    }
    guard complaints.isEmpty else { throw Failure(complaints) }
    // So that the base's programs, started from here, see the modules.
    for distribution in blueprint.base?.distributions ?? [] {
      for (name, reference) in distribution.scripts where commands[name] == nil {
        guard CommandName.isUsable(name), !CommandName.isReserved(name),
          !(blueprint.blockInstalls && CommandName.isPip(name)),
          let point = ScriptEntryPoint(name: name, reference: reference)
        else { continue }
        commands[name] = .entryPoint(point)
      }
    }
  }

  private mutating func add(_ name: String, _ command: Command, of owner: PackageName) {
    if let present = commands[name] {
      let isSame =
        switch (present, command) {
        case (.file(_, let left), .file(_, let right)): left == right
        default: present == command
        }
      if isSame || owners[name] == owner { return }
      complaints.append(
        Diagnostic(
          .collision,
          "\(owners[name].map { "\($0)" } ?? "another distribution") and \(owner) both bring the command "
            + quoted(name), because: "they are different commands",
          hint: "only one of them can be installed: take one out, or choose versions that do not share the command"))
      return
    }
    commands[name] = command
    owners[name] = owner
  }
}
