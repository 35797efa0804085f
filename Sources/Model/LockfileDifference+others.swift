extension LockfileDifference {
  /// The keys that this Pinion does not know, and that differ. Of what only one of the two has, it is enough that it was added
  /// or removed.
  static func otherKeys(from old: Lockfile?, to new: Lockfile?) -> [Setting] {
    guard let old, let new else { return [] }
    let (was, now) = (old.keysByName(), new.keysByName())
    return Set(was.keys).union(now.keys).sorted().compactMap { name in
      let (before, after) = (was[name], now[name])
      guard before?.value != after?.value else { return nil }
      guard let place = (before ?? after)?.place, old.has(place), new.has(place) else { return nil }
      return Setting(name: name, from: before?.value, to: after?.value)
    }
  }
}

extension Lockfile {
  fileprivate func keysByName() -> [String: UnknownKey] {
    Dictionary(unknown.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  fileprivate func has(_ place: UnknownKey.Place) -> Bool {
    switch place {
    case .document, .tool, .own, .passed: true
    case .package(let name), .packageTool(let name), .packageOwn(let name), .file(let name, _), .hashes(let name, _),
      .source(let name), .sourceHashes(let name), .dependency(let name, _):
      self[name] != nil
    case .module(let label): modules.contains { $0.label == label }
    case .need(let name): baseNeeds.contains { $0.name == name }
    }
  }
}

extension UnknownKey {
  /// The key after what it belongs to.
  fileprivate var name: String {
    switch place {
    case .document, .passed: key
    case .tool: "tool.\(key)"
    case .own: "tool.pinion.\(key)"
    case .package(let name): "\(name): \(key)"
    case .file(let name, let file): "\(name): \(file): \(key)"
    case .hashes(let name, let file): "\(name): \(file): hashes.\(key)"
    case .source(let name): "\(name): source: \(key)"
    case .sourceHashes(let name): "\(name): source: hashes.\(key)"
    case .dependency(let name, let other): "\(name): dependency \(other): \(key)"
    case .packageTool(let name): "\(name): tool.\(key)"
    case .packageOwn(let name): "\(name): tool.pinion.\(key)"
    case .module(let label): "\(label): \(key)"
    case .need(let name): "base \(name): \(key)"
    }
  }
}
