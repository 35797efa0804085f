/// Which links the chains of a vCon Server config name.
///
/// The server loads a link when a chain comes to it. Storages and tracers it uses whether or not a chain names them:
/// it reads from every storage and calls every tracer; imports it loads when it starts.
struct ServerChains {
  /// The links of enabled chains; nil where the chains cannot be read, which is the server's business.
  private let links: Set<String>?

  /// Reads the section; nil when there is none.
  init(_ node: YamlNode?) {
    guard let node, !node.isNull else {
      links = []
      return
    }
    guard let chains = node.mapping else {
      links = nil
      return
    }
    var named: Set<String> = []
    for chain in chains.entries {
      guard let fields = chain.value.mapping, !Self.isDisabled(fields["enabled"]?.value) else { continue }
      named.formUnion((fields["links"]?.value.sequence ?? []).compactMap { $0.scalar?.text })
    }
    links = named
  }

  /// Whether a chain can come to the link.
  func use(link name: String) -> Bool { links?.contains(name) ?? true }

  /// `enabled: 0`, as the server's examples have it, `false`, or nothing. Without the key a chain is enabled.
  private static func isDisabled(_ node: YamlNode?) -> Bool {
    guard let node else { return false }
    return node.isNull || node.bool == false || node.int == 0
  }
}
