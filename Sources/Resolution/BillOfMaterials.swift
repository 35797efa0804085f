public import Model
internal import Platform

/// A lockfile as a software bill of materials in CycloneDX's JSON.
///
/// Source: CycloneDX 1.6 (ECMA-424), and the package URL specification for `pkg:pypi`. The same lockfile gives the same bytes:
/// there is no time in it, and its serial number is made from its content.
public enum BillOfMaterials {
  /// The document. `environment` is its subject, `version` that of Pinion itself.
  public static func encode(
    _ lockfile: Lockfile, environment: String, version: String
  ) throws(Failure) -> String {
    let askers = Dictionary(grouping: lockfile.modules.filter { $0.distribution != nil }) { $0.distribution }
    let root = "environment:\(environment)"
    var components = lockfile.distributions.map { component($0, modules: askers[$0.name] ?? []) }
    components += lockfile.baseNeeds.map { component($0, modules: askers[$0.name] ?? []) }
    components.sort { $0.name < $1.name }
    let named =
      lockfile.distributions.map { ($0.name, reference(of: $0)) }
      + lockfile.baseNeeds.map { ($0.name, reference(of: $0)) }
    let references = Dictionary(named, uniquingKeysWith: { first, _ in first })
    func known(_ names: [PackageName]) -> [String] { Set(names.compactMap { references[$0] }).sorted() }
    var dependencies = [Dependency(ref: root, dependsOn: known(lockfile.modules.compactMap(\.distribution)))]
    dependencies += lockfile.distributions.map { Dependency(ref: reference(of: $0), dependsOn: known($0.dependencies)) }
    dependencies += lockfile.baseNeeds.map { Dependency(ref: reference(of: $0), dependsOn: known($0.dependencies)) }
    let subject = Component(type: "application", reference: root, name: environment)
    let tool = Component(type: "application", reference: nil, name: "pinion", version: version)
    var document = Document(
      metadata: Metadata(component: subject, tools: Tools(components: [tool])), components: components,
      dependencies: dependencies.sorted { $0.ref < $1.ref })
    document.serialNumber = "urn:uuid:" + uuid(from: Digest.sha256(try JSONText.encode(document)))
    return try JSONText.encode(document)
  }

  // MARK: components

  private static func component(_ distribution: LockedDistribution, modules: [LockedModule]) -> Component {
    var component = Component(
      type: "library", reference: reference(of: distribution), name: distribution.name.text,
      version: distribution.version, purl: reference(of: distribution))
    component.properties = properties(modules)
    switch distribution.source {
    case .index(_, let wheels, let sdist):
      let files = wheels + (sdist.map { [$0] } ?? [])
      // A component's own hashes are those of the one file that it is.
      if let only = files.first, files.count == 1 { component.hashes = [Hash(content: only.sha256)] }
      component.externalReferences = files.map {
        Reference(type: "distribution", url: $0.url, hashes: [Hash(content: $0.sha256)])
      }
    case .git(let pin):
      component.externalReferences = [Reference(type: "vcs", url: pin.url, comment: "commit \(pin.commit)")]
    case .archive(let pin):
      component.hashes = [Hash(content: pin.sha256)]
      component.externalReferences = [Reference(type: "distribution", url: pin.url, hashes: component.hashes)]
    case .directory: break
    }
    return component
  }

  private static func component(_ need: BaseNeed, modules: [LockedModule]) -> Component {
    var component = Component(
      type: "library", reference: reference(of: need), name: need.name.text, version: need.version,
      purl: reference(of: need))
    component.properties = [Property(name: "pinion:source", value: "base")] + (properties(modules) ?? [])
    return component
  }

  private static func properties(_ modules: [LockedModule]) -> [Property]? {
    modules.isEmpty ? nil : modules.map(\.label).sorted().map { Property(name: "pinion:module", value: $0) }
  }

  private static func reference(of distribution: LockedDistribution) -> String {
    let name = "pkg:pypi/\(distribution.name.text)@\(distribution.version.percentEncodedQualifier)"
    switch distribution.source {
    case .git(let pin):
      return "\(name)?vcs_url=\("git+\(pin.url)@\(pin.commit)".percentEncodedQualifier)" + within(pin.subdirectory)
    case .archive(let pin): return "\(name)?download_url=\(pin.url.percentEncodedQualifier)" + within(pin.subdirectory)
    case .index, .directory: return name
    }
  }

  private static func reference(of need: BaseNeed) -> String {
    "pkg:pypi/\(need.name.text)@\(need.version.percentEncodedQualifier)"
  }

  private static func within(_ subdirectory: String?) -> String {
    subdirectory.map { "#\($0.percentEncodedPath)" } ?? ""
  }

  /// A UUID of version 8, whose bits are the maker's own. Source: RFC 9562, section 5.8.
  private static func uuid(from digest: String) -> String {
    var digits = Array(digest.prefix(32))
    digits[12] = "8"
    digits[16] = "a"
    let ends = [0, 8, 12, 16, 20, 32]
    return zip(ends, ends.dropFirst()).map { String(digits[$0..<$1]) }.joined(separator: "-")
  }

  // MARK: the document

  private struct Document: Encodable {
    var bomFormat = "CycloneDX"
    var specVersion = "1.6"
    var serialNumber: String?
    var version = 1
    var metadata: Metadata
    var components: [Component]
    var dependencies: [Dependency]
  }

  private struct Metadata: Encodable {
    var component: Component
    var tools: Tools
  }

  private struct Tools: Encodable {
    var components: [Component]
  }

  private struct Component: Encodable {
    var type: String
    var reference: String?
    var name: String
    var version: String?
    var purl: String?
    var hashes: [Hash]?
    var externalReferences: [Reference]?
    var properties: [Property]?

    enum CodingKeys: String, CodingKey {
      case type, reference = "bom-ref", name, version, purl, hashes, externalReferences, properties
    }
  }

  private struct Hash: Encodable {
    var alg = "SHA-256"
    var content: String
  }

  private struct Reference: Encodable {
    var type: String
    var url: String
    var comment: String?
    var hashes: [Hash]?
  }

  private struct Property: Encodable {
    var name: String
    var value: String
  }

  private struct Dependency: Encodable {
    var ref: String
    var dependsOn: [String]
  }
}

extension String {
  /// The text as a package URL has it in a version or a qualifier's value: unreserved characters, `:` and `/` stay as they are.
  fileprivate var percentEncodedQualifier: String {
    percentEncodedPath.replacing("+", with: "%2B").replacing("%3A", with: ":")
  }
}
