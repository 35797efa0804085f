internal import Model

/// Files that two distributions bring with different content, or of which one makes a file what the other makes a
/// directory; and commands of one name.
///
/// Pure, and done before anything is built. What may pass leaves one of the two out: the one for which the rule is
/// `warn` gives way to one for which it is `error`; of two alike, the one whose name comes later.
struct CollisionCheck {
  typealias Item = (key: String, record: StoreRecord)

  /// What is left to install, in the given order.
  let records: [Item]
  /// Errors, and warnings of what gave way.
  let diagnostics: [Diagnostic]

  /// Compares what all distributions bring.
  init(_ items: [Item], rule: RuleByName, minorVersion: String) {
    let claims = items.map { Claims($0.record, minorVersion: minorVersion) }
    let order = items.indices.sorted { left, right in
      let names = (items[left].record.name, items[right].record.name)
      let levels = (rule.level(of: names.0), rule.level(of: names.1))
      return levels.0 == levels.1 ? names.0 < names.1 : levels.0 == .error
    }
    let shared = Self.shared(claims)
    var taken = Taken()
    var found: [Clash] = []
    var dropped: [Int: Set<String>] = [:]
    for index in order {
      for claim in claims[index].all(in: shared) {
        guard let clash = taken.add(claim, of: index) else { continue }
        found.append(clash)
        dropped[index, default: []].insert(claim.place)
      }
    }
    diagnostics = Self.words(found, items.map(\.record.name), rule)
    records = items.enumerated().map { index, item in
      dropped[index].map { (item.key, Claims.without($0, item.record, minorVersion)) } ?? item
    }
  }

  /// What only one distribution has at the top needs no look at what is below it.
  private static func shared(_ claims: [Claims]) -> Set<String> {
    var seen: Set<String> = []
    var shared: Set<String> = []
    for claim in claims {
      for top in claim.tops where !seen.insert(top).inserted { shared.insert(top) }
    }
    return shared
  }

  // MARK: words

  /// Two distributions that do not go together in one place.
  struct Clash {
    enum Kind: String { case content, shape, command }
    var first: Int
    var second: Int
    var path: String
    var kind: Kind
  }

  private static func words(_ clashes: [Clash], _ names: [PackageName], _ rule: RuleByName) -> [Diagnostic] {
    struct Pair: Hashable {
      var first: Int
      var second: Int
      var kind: Clash.Kind
    }
    var pairs: [Pair] = []
    var paths: [Pair: [String]] = [:]
    for clash in clashes {
      let pair = Pair(first: clash.first, second: clash.second, kind: clash.kind)
      if paths[pair] == nil { pairs.append(pair) }
      paths[pair, default: []].append(clash.path)
    }
    return pairs.map { collision(names[$0.first], names[$0.second], Set(paths[$0] ?? []).sorted(), $0.kind, rule) }
  }

  private static func collision(
    _ winner: PackageName, _ loser: PackageName, _ paths: [String], _ kind: Clash.Kind, _ rule: RuleByName
  ) -> Diagnostic {
    let what =
      paths.prefix(3).map(quoted).joined(separator: ", ") + (paths.count > 3 ? " and \(paths.count - 3) more" : "")
    let noun = kind == .command ? paths.count == 1 ? "the command " : "the commands " : ""
    let message = "\(min(winner, loser)) and \(max(winner, loser)) both bring \(noun)\(what)"
    let reason: String
    switch kind {
    case .content: reason = "their content differs"
    case .shape: reason = "one has a file there and the other a directory"
    case .command: reason = "they are different commands"
    }
    guard rule.level(of: loser) == .warn else {
      return Diagnostic(
        .collision, message, because: reason,
        hint:
          "only one of them can be installed: take one out, or choose versions that do not share it; or let one give "
          + "way with `policy.collisions: {packages: {\(max(winner, loser)): warn}}`")
    }
    let why =
      rule.level(of: winner) == .error
      ? "`policy.collisions` is `warn` for \(loser) alone"
      : "its name comes first, and `policy.collisions` is `warn` for both"
    return Diagnostic(
      .collision, severity: .warning, message, because: "\(reason); \(winner) has its way, since \(why)",
      hint: "take one out, or choose versions that do not share it")
  }
}

/// What one distribution wants to have where.
private struct Claims {
  /// One place. Importable files, other files and commands each have their own: `links/…`, `files/…`, `bin/…`.
  struct Claim {
    var place: String
    /// What is the same in both where two distributions may have the place.
    var identity: String
    /// The first two components.
    var top: String
  }

  private let record: StoreRecord
  private let minorVersion: String
  /// The first two components of all places.
  private(set) var tops: Set<String> = []

  init(_ record: StoreRecord, minorVersion: String) {
    self.record = record
    self.minorVersion = minorVersion
    var last: Substring = ""
    for file in record.tree {
      // Files are sorted: mostly the directory at the top is the last one's.
      let isSame = file.path.utf8.starts(with: last.utf8) && file.path.utf8.dropFirst(last.utf8.count).first == 0x2f
      if isSame, !last.isEmpty { continue }
      last = Self.first(file.path)
      tops.insert("links/\(last)")
    }
    for claim in others { tops.insert(claim.top) }
  }

  /// The places that are below one of these.
  func all(in shared: Set<String>) -> [Claim] {
    guard !tops.isDisjoint(with: shared) else { return [] }
    let files = record.tree.compactMap { file -> Claim? in
      let top = "links/\(Self.first(file.path))"
      return shared.contains(top) ? Claim(place: "links/\(file.path)", identity: file.sha256, top: top) : nil
    }
    return files + others.filter { shared.contains($0.top) }
  }

  /// What is not importable.
  private var others: [Claim] {
    var claims: [Claim] = []
    func add(_ area: String, _ path: String, _ identity: String) {
      claims.append(Claim(place: area + path, identity: identity, top: area + Self.first(path)))
    }
    for file in record.data {
      switch GenerationFiles.target(of: file, of: record, minorVersion: minorVersion) {
      case .file(let path): add("files/", path, file.sha256)
      case .command(let name): add("bin/", name, file.sha256)
      case nil: break
      }
    }
    for script in record.scripts { add("bin/", script.path, script.sha256) }
    for point in record.entryPoints { add("bin/", point.name, Self.identity(point)) }
    return claims
  }

  private static func first(_ path: String) -> Substring {
    path[..<(path.utf8.firstIndex(of: UInt8(ascii: "/")) ?? path.endIndex)]
  }

  private static func identity(_ point: ScriptEntryPoint) -> String { "\(point.module):\(point.attribute)" }

  /// A record without what gave way.
  static func without(_ dropped: Set<String>, _ record: StoreRecord, _ minorVersion: String) -> StoreRecord {
    var record = record
    record.tree.removeAll { dropped.contains("links/\($0.path)") }
    record.pthFiles.removeAll { dropped.contains("links/\($0)") }
    record.entryPoints.removeAll { dropped.contains("bin/\($0.name)") }
    let whole = record
    record.data.removeAll { file in
      switch GenerationFiles.target(of: file, of: whole, minorVersion: minorVersion) {
      case .file(let path): dropped.contains("files/\(path)")
      case .command(let name): dropped.contains("bin/\(name)")
      case nil: file.path.hasPrefix("scripts/") && dropped.contains("bin/\(file.path.dropFirst("scripts/".count))")
      }
    }
    return record
  }
}

/// The places that are taken, by whom.
private struct Taken {
  private var files: [String: (owner: Int, identity: String)] = [:]
  private var directories: [String: Int] = [:]

  /// Takes a place; says with whom it does not go together.
  mutating func add(_ claim: Claims.Claim, of owner: Int) -> CollisionCheck.Clash? {
    let place = claim.place
    func clash(with other: Int, at path: String, _ kind: CollisionCheck.Clash.Kind) -> CollisionCheck.Clash {
      let shown = path[path.index(after: path.firstIndex(of: "/") ?? path.startIndex)...]
      return CollisionCheck.Clash(first: other, second: owner, path: String(shown), kind: kind)
    }
    if let other = directories[place], other != owner { return clash(with: other, at: place, .shape) }
    if let other = files[place] {
      // Within one distribution, a script of one name as an entry point is the same command.
      if other.owner == owner || other.identity == claim.identity { return nil }
      return clash(with: other.owner, at: place, place.hasPrefix("bin/") ? .command : .content)
    }
    var parents: [String] = []
    var end = place.utf8.lastIndex(of: UInt8(ascii: "/"))
    while let slash = end, place.utf8[..<slash].contains(UInt8(ascii: "/")) {
      let parent = String(place[..<slash])
      if let other = files[parent], other.owner != owner { return clash(with: other.owner, at: parent, .shape) }
      parents.append(parent)
      end = place.utf8[..<slash].lastIndex(of: UInt8(ascii: "/"))
    }
    files[place] = (owner, claim.identity)
    for parent in parents where directories[parent] == nil { directories[parent] = owner }
    return nil
  }
}
