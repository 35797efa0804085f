internal import FoundationEssentials
internal import Glibc
public import Model
public import Platform

/// Builds generations in staging. Nothing outside the staging area is written.
public struct GenerationBuilder: Sendable {
  let state: StateDirectory
  let store: Store

  /// A builder for a state directory.
  public init(state: StateDirectory) {
    self.state = state
    store = Store(state: state)
  }

  /// Makes the generation's directory, complete but for its record, which `publish` writes last.
  ///
  /// It lies four levels below the state directory, in staging as in its final place: so the relative links into the
  /// store are right in both. Throws `collision`, `policyDenied`, `wheelInvalid`, `stateInvalid`, `io`.
  public func build(_ blueprint: GenerationBlueprint, in staging: StagingArea) throws(Failure) -> StagedGeneration {
    var found: [(key: String, record: StoreRecord)] = []
    for distribution in blueprint.distributions {
      found.append((distribution.storeKey, try store.record(distribution.storeKey)))
    }
    let minor = blueprint.interpreter.minorVersion
    let content = try ContentCheck(found, policy: blueprint.policy, minorVersion: minor, store: store)
    let records = content.records
    let root = "\(staging.path)/g/\(blueprint.number)"
    try Files.makeDirectory(root)
    let modes = LinkModes(records.map(\.record), blueprint.links)
    let tree = try LinkTree(
      records.map {
        LinkTree.Contribution(
          name: $0.record.name, storeKey: $0.key, files: $0.record.tree, mode: modes[$0.record.name])
      })
    let files = try GenerationFiles(records, minorVersion: minor, modes: modes)
    let commands = try CommandTable(blueprint, records, files)

    try Files.makeDirectory("\(root)/links")
    var copied: Set<PackageName> = []
    try make(tree, at: "links", in: root, &copied)
    let modules =
      tree.links.map { ("links/\($0.path)", $0.target) } + tree.files.map { ("links/\($0.path)", $0.source) }
    try Bytecode.link(modules, at: root, for: blueprint.interpreter, in: state)
    try make(files.tree, at: "", in: root, &copied)
    try writeInterpreter(blueprint, root)
    try write(commands, blueprint, root)
    let library = "\(root)/lib/python\(minor)/site-packages"
    try Files.makeDirectory(library)
    for (index, item) in records.enumerated() {
      try writeMetadata(of: item, blueprint.distributions[index].name, blueprint, library)
    }
    try Files.write(StartUpText.pathFile, to: "\(library)/\(StartUpText.pathFileName)")
    try Files.write(startUp(blueprint, records), to: "\(root)/start.py")
    try Files.write(blueprint.lockText, to: "\(root)/pylock.toml")
    var blueprint = blueprint
    for index in blueprint.distributions.indices {
      let mode = modes[records[index].record.name]
      let isCopied = copied.contains(records[index].record.name)
      blueprint.distributions[index].linkMode = isCopied ? .copy : mode == .symlink ? nil : mode
    }
    return StagedGeneration(
      state: state, path: root, record: try record(blueprint, root), modules: blueprint.modules,
      copied: copied.sorted(), warnings: content.warnings)
  }

  /// Makes a tree. `copied` gets the distributions that were to be hard-linked where that cannot be done.
  private func make(
    _ tree: LinkTree, at place: String, in root: String, _ copied: inout Set<PackageName>
  ) throws(Failure) {
    let prefix = place.isEmpty ? "" : "\(place)/"
    for directory in tree.directories { try Files.makeDirectory("\(root)/\(prefix)\(directory)") }
    for link in tree.links {
      let path = prefix + link.path
      let depth = path.utf8.count { $0 == UInt8(ascii: "/") } + 4
      try Files.link("\(root)/\(path)", to: String(repeating: "../", count: depth) + "store/\(link.target)")
    }
    for file in tree.files {
      let (path, source) = ("\(root)/\(prefix)\(file.path)", "\(state.store)/\(file.source)")
      if file.mode == .hardlink {
        // It is the store's own file: nobody but root may write into it by mistake.
        try Files.makeReadOnly(source)
        if try Files.hardLink(path, to: source) { continue }
        copied.insert(file.owner)
      }
      try Files.copy(source, to: path)
    }
  }

  private func writeInterpreter(_ blueprint: GenerationBlueprint, _ root: String) throws(Failure) {
    let interpreter = blueprint.interpreter
    try Files.write(
      """
      home = \(interpreter.executable.parentPath)
      include-system-site-packages = false
      version = \(interpreter.version)

      """, to: "\(root)/pyvenv.cfg")
    try Files.makeDirectory("\(root)/bin")
    try Files.link("\(root)/bin/python", to: interpreter.executable)
    try Files.link("\(root)/bin/python3", to: "python")
    try Files.link("\(root)/bin/python\(interpreter.minorVersion)", to: "python")
  }

  private func write(
    _ commands: CommandTable, _ blueprint: GenerationBlueprint, _ root: String
  ) throws(Failure) {
    for (name, command) in commands.all {
      let path = "\(root)/bin/\(name)"
      switch command {
      case .entryPoint(let point):
        try Files.write(ScriptText.entryPoint(point, number: blueprint.number), to: path, mode: 0o755)
      case .file(let storePath, _):
        let bytes = try Files.read("\(state.store)/\(storePath)")
        if ScriptText.wantsPython(bytes) {
          let text = ScriptText.wheelScript(name, number: blueprint.number, storePath: storePath)
          try Files.write(text, to: path, mode: 0o755)
        } else {
          try Files.write(bytes, to: path, mode: 0o755)
        }
      }
    }
  }

  /// What the installer itself writes, or leaves out: without RECORD, other tools do not remove files (PEP 627).
  private static let own: Set = ["RECORD", "RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json"]

  private func writeMetadata(
    of item: (key: String, record: StoreRecord), _ name: PackageName, _ blueprint: GenerationBlueprint,
    _ library: String
  ) throws(Failure) {
    let source = "\(state.storeEntry(item.key))/dist-info"
    let target = "\(library)/\(item.record.distInfo)"
    try Files.makeDirectory(target)
    for file in item.record.metadata where !Self.own.contains(file.path) {
      if file.path.contains("/") { try Files.makeDirectory("\(target)/\(file.path)".parentPath) }
      try Files.write(try Files.read("\(source)/\(file.path)"), to: "\(target)/\(file.path)")
    }
    try Files.write("pinion\n", to: "\(target)/INSTALLER")
    if !item.record.metadata.contains(where: { $0.path == "top_level.txt" }) {
      try Files.write(item.record.topLevel.map { "\($0)\n" }.joined(), to: "\(target)/top_level.txt")
    }
    if blueprint.modules.contains(where: { $0.installed.distribution == name }) {
      try Files.write("", to: "\(target)/REQUESTED")
    }
    if let source = blueprint.directSources[name], let direct = DirectURL(source) {
      try Files.write(try JSONText.bytes(of: direct), to: "\(target)/direct_url.json")
    }
  }

  private func startUp(_ blueprint: GenerationBlueprint, _ records: [(key: String, record: StoreRecord)]) -> String {
    let manifest = blueprint.manifest.map { " in \($0)" } ?? " in its manifest"
    let refusal =
      "this environment is kept by Pinion: declare the module\(manifest) and run `pinion apply`"
    return StartUpText.script(
      StartUpText.Values(
        number: blueprint.number, minorVersion: blueprint.interpreter.minorVersion,
        baseSites: blueprint.base?.siteDirectories ?? [],
        pathFiles: Set(records.flatMap(\.record.pthFiles)).sorted(), refusal: blueprint.blockInstalls ? refusal : nil))
  }

  private func record(_ blueprint: GenerationBlueprint, _ root: String) throws(Failure) -> GenerationRecord {
    var interpreter = blueprint.interpreter
    interpreter.markers = [:]
    interpreter.tags = []
    var entries = [GenerationEntry(path: "", kind: .directory, target: "")]
    try collect("", root, &entries)
    return GenerationRecord(
      number: blueprint.number, environment: blueprint.environment, createdAt: time(nil),
      origin: blueprint.origin, lockDigest: blueprint.lockDigest, inputsDigest: blueprint.inputsDigest,
      settingsDigest: blueprint.settingsDigest, interpreter: interpreter, base: blueprint.base?.path,
      baseSites: blueprint.base?.siteDirectories ?? [], pythonPath: blueprint.pythonPath,
      distributions: blueprint.distributions.sorted { $0.name < $1.name }, modules: blueprint.modules.map(\.installed),
      entries: entries)
  }

  private func collect(_ directory: String, _ root: String, _ entries: inout [GenerationEntry]) throws(Failure) {
    // Bytecode is derived data: what there is of it, and what of it changes, is nobody's concern.
    for name in try Files.list(directory.isEmpty ? root : "\(root)/\(directory)") where name != "__pycache__" {
      let path = directory.isEmpty ? name : "\(directory)/\(name)"
      switch Files.kind("\(root)/\(path)") {
      case .directory:
        entries.append(
          GenerationEntry(path: path, kind: .directory, target: FileStamp.ofDirectory("\(root)/\(path)") ?? ""))
        try collect(path, root, &entries)
      case .link:
        entries.append(GenerationEntry(path: path, kind: .link, target: Files.linkTarget("\(root)/\(path)") ?? ""))
      default:
        entries.append(GenerationEntry(path: path, kind: .file, target: FileStamp.of("\(root)/\(path)") ?? ""))
      }
    }
  }
}

/// What tells cheaply whether a file was changed: `size:modified-nanoseconds`.
enum FileStamp {
  /// A directory's time alone: it changes with every name that comes, goes or is replaced in it.
  static func ofDirectory(_ path: String) -> String? {
    Files.linkIdentity(path).map(ofDirectory)
  }

  static func ofDirectory(_ identity: FileIdentity) -> String { String(identity.modified) }

  static func of(_ identity: FileIdentity) -> String { "\(identity.size):\(identity.modified)" }

  static func of(_ path: String) -> String? {
    Files.linkIdentity(path).map(of)
  }
}
