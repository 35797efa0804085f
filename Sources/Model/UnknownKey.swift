/// A key of a lockfile that this Pinion does not know: kept as it is, for whoever wrote it.
public struct UnknownKey: Sendable, Hashable {
  /// Where in a lockfile it stands.
  public enum Place: Sendable, Hashable {
    /// Among the keys of the document.
    case document
    /// In `[tool]`: what other tools keep.
    case tool
    /// In `[tool.pinion]`.
    case own
    /// In an entry of `[[packages]]`.
    case package(PackageName)
    /// In `tool` of such an entry.
    case packageTool(PackageName)
    /// In `tool.pinion` of such an entry.
    case packageOwn(PackageName)
    /// In a wheel or the source distribution of such an entry, by file name.
    case file(PackageName, String)
    /// In the hashes of such a file.
    case hashes(PackageName, String)
    /// In `vcs`, `archive` or `directory` of such an entry.
    case source(PackageName)
    /// In the hashes of its `archive`.
    case sourceHashes(PackageName)
    /// In one of its `dependencies`, by name.
    case dependency(PackageName, PackageName)
    /// In an entry of `[[tool.pinion.modules]]`, by section and name.
    case module(String)
    /// In an entry of `[[tool.pinion.base]]`.
    case need(PackageName)
    /// In the document, where it is always written in one way: told of, and not written again.
    case passed
  }

  /// Where it stands.
  public var place: Place
  /// The key.
  public var key: String
  /// The value, as TOML writes it in one line.
  public var value: String

  /// Creates a key.
  public init(_ place: Place, _ key: String, _ value: String) {
    self.place = place
    self.key = key
    self.value = value
  }
}

extension Lockfile {
  /// Takes over what another lockfile, made before, has and this Pinion does not know: of the whole, and of every entry that is
  /// what it was. Of an entry that changed it may no longer be true.
  public mutating func keepUnknown(of previous: Lockfile) {
    let distributions = Dictionary(distributions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let modules = Dictionary(modules.map { ($0.label, $0) }, uniquingKeysWith: { first, _ in first })
    let needs = Dictionary(baseNeeds.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let before = Dictionary(previous.modules.map { ($0.label, $0) }, uniquingKeysWith: { first, _ in first })
    unknown = previous.unknown.filter { entry in
      switch entry.place {
      case .document, .tool, .own: true
      case .package(let name), .packageTool(let name), .packageOwn(let name), .file(let name, _), .hashes(let name, _),
        .source(let name), .sourceHashes(let name), .dependency(let name, _):
        distributions[name] != nil && distributions[name] == previous[name]
      case .module(let label): modules[label] != nil && modules[label] == before[label]
      case .need(let name): needs[name].map(previous.baseNeeds.contains) ?? false
      case .passed: false
      }
    }
  }
}
