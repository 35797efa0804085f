public import Model
internal import Network

extension Explainer {
  /// What a version needs, and what is locked does not meet, in words. Empty where it all goes together, and where the index does
  /// not serve the version's METADATA by itself (PEP 658).
  ///
  /// Throws what the indexes say.
  public func unmet(by lockfile: Lockfile, of name: PackageName, _ version: Version) async throws -> [String] {
    guard let metadata = try await metadata(of: name, version) else { return [] }
    return metadata.dependencies(markers: interpreter.markers).compactMap { need in
      let locked = lockfile[need.name]?.version ?? lockfile.baseNeeds.first { $0.name == need.name }?.version
      guard let locked, let own = Version(locked), !need.specifiers.contains(own, allowPrereleases: true) else {
        return nil
      }
      return "\(need.name)\(need.specifiers) (\(locked) is locked)"
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
