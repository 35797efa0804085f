public import Model
internal import Network

extension Explainer {
  /// What a version needs, and neither what is locked nor what the indexes have meets, in words. Empty where it all goes together,
  /// and where the index does not serve the version's METADATA by itself (PEP 658). `overrides` take the place of what it asks
  /// of their names; what the `base` has is not looked for.
  ///
  /// Throws what the indexes say.
  public func unmet(
    by lockfile: Lockfile, of name: PackageName, _ version: Version, overrides: [PackageName: VersionSpecifiers],
    base: Set<PackageName>
  ) async throws -> [String] {
    guard let metadata = try await metadata(of: name, version) else { return [] }
    var unmet: [String] = []
    for need in metadata.dependencies(markers: interpreter.markers) where need.url == nil {
      let wanted = overrides[need.name] ?? need.specifiers
      let locked = lockfile[need.name]?.version ?? lockfile.baseNeeds.first { $0.name == need.name }?.version
      if let locked {
        guard let own = Version(locked), !wanted.contains(own, allowPrereleases: true) else { continue }
        unmet.append("\(need.name)\(wanted) (\(locked) is locked)")
      } else if !base.contains(need.name), try await !isServed(need.name, wanted) {
        unmet.append("\(need.name)\(wanted), which no index has")
      }
    }
    return unmet
  }

  /// Whether an index has a version that will do; where none can be asked, as far as is known.
  private func isServed(_ name: PackageName, _ wanted: VersionSpecifiers) async throws -> Bool {
    let page: SimplePage?
    do { page = try await self.page(of: name) } catch is Failure { return true }
    return (page?.files ?? []).contains { file in
      let version = WheelName(file.filename)?.version ?? SimplePage.sdistVersion(file.filename, of: name)
      return version.map { wanted.contains($0, allowPrereleases: true) } ?? false
    }
  }

  private func metadata(of name: PackageName, _ version: Version) async throws -> DistributionMetadata? {
    let wheels = (try await page(of: name)?.files ?? []).compactMap { file in
      WheelName(file.filename).map { (file: file, name: $0) }
    }.filter { $0.name.version == version }
    guard let best = WheelTags.Ranking(interpreter.tags).best(among: wheels.map(\.name)) else { return nil }
    let file = wheels[best].file
    switch file.coreMetadata {
    case .bool(true)?, .hashes?: break
    default: return nil
    }
    guard !file.url.hasPrefix("file://") else { return nil }
    let document = try await context.client.getAll(
      "\(file.url).metadata",
      credentials: try context.credentials.credentials(for: file.url, of: name, from: ""),
      limit: DependencyReader.limit)
    guard document.status == 200,
      let metadata = DistributionMetadata(String(decoding: document.bytes, as: UTF8.self)), metadata.name == name,
      metadata.version == version
    else { return nil }
    return metadata
  }

  /// The page of a name, with what policy leaves out: that is told of.
  func page(of name: PackageName) async throws -> SimplePage? {
    var routes = context.routes
    (routes.newest, routes.allowsBuilds) = (nil, true)
    let pages = UpstreamPages(
      routes: routes, credentials: context.credentials, client: context.client, cache: context.pages)
    do {
      switch try await pages.page(of: name) {
      case .document(let entry)?: return try await pages.page(entry, of: name)
      case .page(let read)?: return read
      case nil: return nil
      }
    } catch is UpstreamPages.GaveUp { throw Failure(pages.complaints) }
  }
}
