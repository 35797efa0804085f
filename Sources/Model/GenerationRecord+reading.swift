/// Reading `generation.json`. Every part is nil where the tree is not what this version writes.
extension GenerationRecord {
  /// Reads a record; nil also when its format is another.
  public init?(_ json: JSONNode) {
    guard json["formatVersion"]?.integer == GenerationRecord.formatVersion, let number = json["number"]?.integer,
      let environment = json["environment"]?.string, let createdAt = json["createdAt"]?.integer,
      let lockDigest = json["lockDigest"]?.string, let inputsDigest = json["inputsDigest"]?.string,
      let settingsDigest = json["settingsDigest"]?.string,
      let interpreter = json["interpreter"].flatMap(Interpreter.init), let baseSites = json["baseSites"]?.strings,
      let pythonPath = json["pythonPath"]?.strings,
      let distributions = json["distributions"]?.array?.all(InstalledDistribution.init),
      let modules = json["modules"]?.array?.all(InstalledModule.init), let entryText = json["entries"]?.string
    else { return nil }
    self.init(
      number: number, environment: environment, createdAt: createdAt,
      origin: json["origin"].flatMap(GenerationOrigin.init), lockDigest: lockDigest, inputsDigest: inputsDigest,
      settingsDigest: settingsDigest, interpreter: interpreter, base: json["base"]?.string,
      baseSites: baseSites, pythonPath: pythonPath, distributions: distributions, modules: modules, entries: [])
    self.entryText = entryText
  }
}

extension GenerationOrigin {
  fileprivate init?(_ json: JSONNode) {
    guard let command = json["command"]?.string, let added = json["added"]?.integer,
      let changed = json["changed"]?.integer, let removed = json["removed"]?.integer
    else { return nil }
    self.init(
      previous: json["previous"]?.integer, command: command, added: added, changed: changed, removed: removed)
  }
}

extension InstalledDistribution {
  fileprivate init?(_ json: JSONNode) {
    guard let name = json["name"]?.string.flatMap({ PackageName($0) }), let version = json["version"]?.string,
      let identity = json["identity"]?.string.flatMap(DistributionIdentity.init),
      let storeKey = json["storeKey"]?.string, let modules = json["modules"]?.strings
    else { return nil }
    self.init(
      name: name, version: version, identity: identity, storeKey: storeKey, modules: modules,
      linkMode: json["linkMode"]?.string.flatMap(LinkMode.init))
  }
}

extension InstalledModule {
  fileprivate init?(_ json: JSONNode) {
    guard let name = json["name"]?.string, let section = json["section"]?.string.flatMap(Module.Section.init),
      let module = json["module"]?.string, let answer = json["answer"]?.string.flatMap(LockedModule.Answer.init)
    else { return nil }
    var distribution: PackageName?
    if let text = json["distribution"]?.string {
      guard let name = PackageName(text) else { return nil }
      distribution = name
    }
    self.init(
      name: name, section: section, module: module, answer: answer, distribution: distribution,
      version: json["version"]?.string, commit: json["commit"]?.string)
  }
}

extension Interpreter {
  fileprivate init?(_ json: JSONNode) {
    guard let executable = json["executable"]?.string, let version = json["version"]?.string,
      let implementation = json["implementation"]?.string, let cacheTag = json["cacheTag"]?.string,
      let soabi = json["soabi"]?.string, case .object(let members)? = json["markers"],
      let values = members.all(\.value.string), let tags = json["tags"]?.strings,
      let identity = json["identity"].flatMap(FileIdentity.init)
    else { return nil }
    self.init(
      executable: executable, version: version, implementation: implementation, cacheTag: cacheTag, soabi: soabi,
      markers: Dictionary(zip(members.map(\.name), values), uniquingKeysWith: { first, _ in first }), tags: tags,
      identity: identity)
  }
}

extension FileIdentity {
  fileprivate init?(_ json: JSONNode) {
    // An inode number may be larger than any Int.
    guard let size = json["size"]?.integer, let modified = json["modified"]?.integer,
      case .number(let text)? = json["inode"], let inode = UInt64(text)
    else { return nil }
    self.init(size: size, modified: modified, inode: inode)
  }
}
