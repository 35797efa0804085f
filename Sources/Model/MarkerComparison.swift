extension Marker {
  /// One comparison of a marker.
  public struct Comparison: Sendable, Hashable, CustomStringConvertible {
    /// One side of a comparison.
    public enum Operand: Sendable, Hashable {
      /// What the environment says.
      case variable(Variable)
      /// Text in quotes; normalised where it is an extra's name.
      case literal(String)
    }

    /// How two sides are compared.
    public enum Relation: Sendable, Hashable {
      /// An operator of version specifiers.
      case version(VersionSpecifier.Operator)
      /// `in`: the left text is part of the right one.
      case contained
      /// `not in`
      case notContained

      /// As it is written.
      public var text: String {
        switch self {
        case .version(let symbol): symbol.rawValue
        case .contained: "in"
        case .notContained: "not in"
        }
      }
    }

    /// The left side.
    public let left: Operand
    /// The operator.
    public let relation: Relation
    /// The right side.
    public let right: Operand
    /// Relation and right side as a condition on versions, made once, where both sides are fixed to be compared so.
    private let specifier: VersionSpecifier?

    /// Creates a comparison.
    public init(_ left: Operand, _ relation: Relation, _ right: Operand) {
      let isName = [left, right].contains { if case .variable(let variable) = $0 { variable.isName } else { false } }
      self.left = isName ? left.normalised : left
      self.relation = relation
      self.right = isName ? right.normalised : right
      if case .variable(let variable) = left, variable.isVersion, case .version(let symbol) = relation,
        case .literal(let text) = right
      {
        specifier = try? VersionSpecifier(symbol, text)
      } else {
        specifier = nil
      }
    }

    /// The comparison with double quotes and single spaces.
    public var description: String { "\(left.text) \(relation.text) \(right.text)" }

    var variables: Set<Variable> {
      Set([left, right].compactMap { if case .variable(let variable) = $0 { variable } else { nil } })
    }

    /// Whether it holds.
    func evaluate(_ environment: [String: String], extras: Set<PackageName>) -> Bool {
      switch (left, right) {
      case (.variable(.extra), .literal(let name)), (.literal(let name), .variable(.extra)):
        return holds(extra: name, extras: extras)
      case (.literal(let name), .variable(.extras)):
        return isMember(name, of: extras)
      case (.literal(let name), .variable(.dependencyGroups)):
        return isMember(name, of: [])
      case (.variable(let variable), _) where variable.isVersion:
        return compareVersions(left.value(in: environment), right.value(in: environment))
      case (_, .variable(let variable)) where variable.isVersion:
        return compareVersions(left.value(in: environment), right.value(in: environment))
      default:
        return compareTexts(left.value(in: environment), right.value(in: environment))
      }
    }

    private func holds(extra name: String, extras: Set<PackageName>) -> Bool {
      // Asking for no extra is asking for the one without a name.
      let texts = extras.isEmpty ? [""] : extras.map(\.text)
      switch relation {
      case .version(.equal), .version(.identical): return texts.contains(name)
      case .version(.notEqual): return !texts.contains(name)
      default:
        if case .variable = left { return texts.contains { compareTexts($0, name) } }
        return texts.contains { compareTexts(name, $0) }
      }
    }

    private func isMember(_ name: String, of names: Set<PackageName>) -> Bool {
      let isAmong = names.contains { $0.text == name }
      switch relation {
      case .contained: return isAmong
      case .notContained: return !isAmong
      case .version: return false
      }
    }

    /// PEP 508: as versions where the right side and the operator make a condition, else as texts.
    private func compareVersions(_ leftText: String, _ rightText: String) -> Bool {
      guard case .version(let symbol) = relation,
        let condition = specifier ?? (try? VersionSpecifier(symbol, rightText))
      else { return compareTexts(leftText, rightText) }
      // An untagged build of Python calls itself `3.13.0+`.
      guard let version = Version(leftText.hasSuffix("+") ? leftText + "local" : leftText) else {
        return symbol == .identical && leftText.lowercased() == rightText.lowercased()
      }
      return condition.contains(version)
    }

    /// Texts have no order: `<=` and `>=` mean equality, `<`, `>` and `~=` never hold.
    private func compareTexts(_ leftText: String, _ rightText: String) -> Bool {
      switch relation {
      case .contained: return Self.contains(rightText, leftText)
      case .notContained: return !Self.contains(rightText, leftText)
      case .version(let symbol):
        switch symbol {
        case .equal, .identical, .lessOrEqual, .greaterOrEqual: return leftText == rightText
        case .notEqual: return leftText != rightText
        case .less, .greater, .compatible: return false
        }
      }
    }

    private static func contains(_ text: String, _ part: String) -> Bool {
      let needle = Array(part.utf8)
      let hay = Array(text.utf8)
      guard needle.count <= hay.count else { return false }
      return (0...(hay.count - needle.count)).contains { hay[$0...].starts(with: needle) }
    }
  }
}

extension Marker.Comparison.Operand {
  fileprivate var text: String {
    switch self {
    case .variable(let variable): variable.rawValue
    // PEP 508 has no escapes: text with a double quote in it has no single one.
    case .literal(let text): text.contains("\"") ? "'\(text)'" : "\"\(text)\""
    }
  }

  fileprivate var normalised: Self {
    guard case .literal(let text) = self, let name = PackageName(text) else { return self }
    return .literal(name.text)
  }

  fileprivate func value(in environment: [String: String]) -> String {
    switch self {
    case .variable(let variable): environment[variable.rawValue] ?? ""
    case .literal(let text): text
    }
  }
}
