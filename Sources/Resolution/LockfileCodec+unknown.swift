internal import Model

/// What others wrote into a lockfile: read past, and written again as it is.
extension LockfileCodec {
  private static let documentKeys: Set = [
    "lock-version", "created-by", "requires-python", "environments", "packages", "tool",
  ]
  private static let ownKeys: Set = [
    "format-version", "inputs-digest", "python", "platform", "held-back", "base", "modules",
  ]
  private static let packageKeys: Set = [
    "name", "version", "dependencies", "index", "sdist", "wheels", "vcs", "archive", "directory", "tool",
  ]
  private static let packageOwnKeys: Set = ["version", "follows", "path", "tree"]
  private static let fileKeys: Set = ["name", "url", "path", "upload-time", "size", "hashes"]
  private static let sourceKeys: Set = [
    "type", "url", "path", "requested-revision", "commit-id", "subdirectory", "size", "hashes",
  ]
  private static let moduleKeys: Set = ["name", "section", "module", "requirement", "answer", "distribution"]
  private static let needKeys: Set = ["name", "version", "needs", "dependencies"]

  /// The keys of a document that are not ours.
  static func unknown(in root: [String: TOMLValue]) -> [UnknownKey] {
    let tool = root["tool"]?.table ?? [:]
    let own = tool["pinion"]?.table ?? [:]
    var found =
      header(of: root) + rest(of: root, but: documentKeys, at: .document) + rest(of: tool, but: ["pinion"], at: .tool)
      + rest(of: own, but: ownKeys, at: .own)
    for package in entries(root["packages"]) {
      guard let name = package["name"]?.string.flatMap({ PackageName($0) }) else { continue }
      let tool = package["tool"]?.table ?? [:]
      found += rest(of: package, but: packageKeys, at: .package(name))
      found += rest(of: tool, but: ["pinion"], at: .packageTool(name))
      found += rest(of: tool["pinion"]?.table ?? [:], but: packageOwnKeys, at: .packageOwn(name))
      found += unknown(below: package, of: name)
    }
    for module in entries(own["modules"]) {
      guard let name = module["name"]?.string, let section = module["section"]?.string else { continue }
      found += rest(of: module, but: moduleKeys, at: .module("\(section).\(name)"))
    }
    for need in entries(own["base"]) {
      guard let name = need["name"]?.string.flatMap({ PackageName($0) }) else { continue }
      found += rest(of: need, but: needKeys, at: .need(name))
    }
    return found
  }

  /// What is always written in one way, where it is another.
  private static func header(of root: [String: TOMLValue]) -> [UnknownKey] {
    [("lock-version", "1.0"), ("created-by", "pinion")].compactMap { key, usual in
      guard let value = root[key], value.string != usual else { return nil }
      return UnknownKey(.passed, key, TOMLWriter.text(value))
    }
  }

  /// The same for the tables within an entry.
  private static func unknown(below package: [String: TOMLValue], of name: PackageName) -> [UnknownKey] {
    var found: [UnknownKey] = []
    for file in entries(package["wheels"]) + [package["sdist"]?.table].compactMap(\.self) {
      let place = file["url"]?.string ?? file["path"]?.string ?? ""
      let fileName = file["name"]?.string ?? place.split(separator: "/").last.map(String.init) ?? ""
      found += rest(of: file, but: fileKeys, at: .file(name, fileName))
      found += rest(of: file["hashes"]?.table ?? [:], but: ["sha256"], at: .hashes(name, fileName))
    }
    for source in ["vcs", "archive", "directory"].compactMap({ package[$0]?.table }) {
      found += rest(of: source, but: sourceKeys, at: .source(name))
      found += rest(of: source["hashes"]?.table ?? [:], but: ["sha256"], at: .sourceHashes(name))
    }
    for dependency in entries(package["dependencies"]) {
      guard let other = dependency["name"]?.string.flatMap({ PackageName($0) }) else { continue }
      found += rest(of: dependency, but: ["name"], at: .dependency(name, other))
    }
    return found
  }

  private static func entries(_ value: TOMLValue?) -> [[String: TOMLValue]] {
    value?.array?.compactMap(\.table) ?? []
  }

  private static func rest(
    of table: [String: TOMLValue], but known: Set<String>, at place: UnknownKey.Place
  ) -> [UnknownKey] {
    table.filter { !known.contains($0.key) }.sorted { $0.key < $1.key }.map {
      UnknownKey(place, $0.key, TOMLWriter.text($0.value))
    }
  }
}

extension Lockfile {
  /// The keys at a place, as pairs to be written.
  func unknownPairs(at place: UnknownKey.Place) -> [(String, TOMLWriter.Value)] {
    unknown.filter { $0.place == place }.sorted { $0.key < $1.key }.map { ($0.key, .written($0.value)) }
  }
}
