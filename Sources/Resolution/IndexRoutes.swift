public import Model

/// Which index serves which name, and what of its files may be used: `spec.indexes`, the options of entries, and policy,
/// as one answer for each name.
public struct IndexRoutes: Sendable {
  /// The indexes of the environment, in order.
  public var indexes: [PackageIndex]
  /// Pages and directories that are looked through as well, for names that nothing else is said of.
  public var links: [RemoteURL] = []
  /// What entries say of their own distributions.
  public var options: [PackageName: RequirementOptions]
  /// Files that came later are passed over; in seconds since 1970.
  public var newest: Int?
  /// Whether source distributions may be used: not where nothing may be built.
  public var allowsBuilds: Bool
  /// The distributions of which only what is for a minor version of Python may be used, and that version: see `PythonBound`.
  var bound: (names: Set<PackageName>, python: String) = ([], "")
  /// The rules behind both, in words, for those who are told that files were passed over.
  public var rules: [Policy.Rule: String] = [:]

  /// Creates routes.
  public init(
    indexes: [PackageIndex], options: [PackageName: RequirementOptions] = [:], newest: Int? = nil,
    allowsBuilds: Bool = true
  ) {
    self.indexes = indexes
    self.options = options
    self.newest = newest
    self.allowsBuilds = allowsBuilds
  }

  /// The way of one name.
  struct Route {
    /// Asked in order; the first that has the name answers for it, so that a package of the same name elsewhere never
    /// stands in for it.
    var indexes: [PackageIndex]
    /// Pages and directories that are looked through as well.
    var links: [RemoteURL]
    /// Which of the files may be used.
    var filter: FileFilter
  }

  /// Where a name comes from. An entry's own `--index-url` takes the place of the default index for its distribution alone;
  /// what `spec.indexes` claims with `packages` comes from there whatever an entry says.
  func route(of name: PackageName) -> Route {
    let own = options[name] ?? RequirementOptions()
    var serving = indexes.serving(name)
    let isClaimed = serving.contains { !$0.packages.isEmpty }
    if !isClaimed {
      if let index = own.index { serving = [IndexRoutes.index(index)] }
      serving = own.extraIndexes.map(IndexRoutes.index) + serving
    }
    return Route(
      indexes: serving, links: own.findLinks + (isClaimed || own.index != nil ? [] : links),
      filter: FileFilter(
        binaries: own.binaries, hashes: own.hashes, newest: newest, allowsSources: allowsBuilds,
        python: bound.names.contains(name) ? bound.python : nil, rules: rules))
  }

  /// Every index and page that may be asked, for the credentials that go with them.
  public var all: [PackageIndex] {
    indexes + links.map(IndexRoutes.index)
      + options.sorted { $0.key < $1.key }.flatMap { $0.value.urls.map(IndexRoutes.index) }
  }

  /// Every index and page that is asked for one name.
  func asked(for name: PackageName) -> [PackageIndex] {
    let route = route(of: name)
    return route.indexes + route.links.map(IndexRoutes.index)
  }

  /// An index whose URL says all.
  static func index(_ url: RemoteURL) -> PackageIndex {
    PackageIndex(name: url.description, url: url)
  }
}

extension DesiredEnvironment {
  /// The archives on servers that its modules name, with their user info.
  ///
  /// Throws `variableUnset` where a requirement cannot be read.
  public func archiveURLs() throws(Failure) -> [RemoteURL] {
    var found: [RemoteURL] = []
    for module in modules {
      if case .archive(let requirement)? = try module.resolvedRequirement() { found.append(requirement.url) }
    }
    return found
  }

  /// What its entries say of their own distributions. Entries that ask for the same distribution must say the same; one
  /// that says nothing goes along with the others.
  ///
  /// Throws `unsolvable` naming both entries, and `variableUnset` where a requirement cannot be read.
  public func entryOptions() throws(Failure) -> [PackageName: RequirementOptions] {
    var found: [PackageName: (options: RequirementOptions, module: Module)] = [:]
    var complaints: [Diagnostic] = []
    for module in modules {
      guard let requirement = try module.resolvedRequirement(), let name = requirement.name,
        !requirement.options.isEmpty
      else { continue }
      guard let first = found[name] else {
        found[name] = (requirement.options, module)
        continue
      }
      guard first.options != requirement.options else { continue }
      complaints.append(
        Diagnostic(
          .unsolvable, "\(first.module.label) and \(module.label) ask for \(name) with different options",
          at: .source(module.location, excerpt: nil),
          because: "\(first.module.label) (\(first.module.location)) says\(first.options.suffix)\n"
            + "\(module.label) (\(module.location)) says\(requirement.options.suffix)",
          hint: "a distribution comes from one place: write the same options behind both, or behind one of them"))
    }
    guard complaints.isEmpty else { throw Failure(complaints) }
    return found.mapValues(\.options)
  }
}
