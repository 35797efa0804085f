public import Model

/// The git entries of the previous lockfile, found by what was asked for.
public struct GitPins: Sendable {
  private let pins: [String: GitPin]

  /// Reads the entries off a lockfile; none without one.
  public init(previous: Lockfile?) {
    let found = (previous?.distributions ?? []).compactMap { locked -> GitPin? in
      if case .git(let pin) = locked.source { pin } else { nil }
    }
    pins = Dictionary(
      found.map { ("\($0.repository) \($0.requestedRevision ?? "") \($0.subdirectory ?? "")", $0) },
      uniquingKeysWith: { first, _ in first })
  }

  /// What is locked for a source.
  public func pin(of source: GitSource) -> GitPin? {
    pins["\(source.repository) \(source.requestedRevision ?? "") \(source.subdirectory ?? "")"]
  }
}
