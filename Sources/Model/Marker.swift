/// A condition on the environment, as PEP 508 defines it: `python_version < "3.12" and sys_platform == "linux"`.
///
/// Its description is its normal form: double quotes, single spaces, parentheses around every inner group, extras
/// normalised.
public enum Marker: Sendable, Hashable, CustomStringConvertible {
  /// One comparison.
  case comparison(Comparison)
  /// All of these hold: `and`. At least two, none of them an `all`.
  case all([Marker])
  /// One of these holds: `or`. At least two, none of them an `any`.
  case any([Marker])

  /// Whether it holds.
  ///
  /// `environment` has the value of each marker variable; one that is missing counts as empty. `extras` answers for
  /// `extra` and `extras`: `extra == "x"` holds when x is among them.
  public func evaluate(_ environment: [String: String], extras: Set<PackageName> = []) -> Bool {
    switch self {
    case .comparison(let comparison): comparison.evaluate(environment, extras: extras)
    case .all(let parts): parts.allSatisfy { $0.evaluate(environment, extras: extras) }
    case .any(let parts): parts.contains { $0.evaluate(environment, extras: extras) }
    }
  }

  /// The normal form.
  public var description: String {
    switch self {
    case .comparison(let comparison): comparison.description
    case .all(let parts): parts.map(\.grouped).joined(separator: " and ")
    case .any(let parts): parts.map(\.grouped).joined(separator: " or ")
    }
  }

  private var grouped: String {
    if case .comparison = self { description } else { "(\(description))" }
  }

  /// The variables that appear in it.
  public var variables: Set<Variable> {
    switch self {
    case .comparison(let comparison): comparison.variables
    case .all(let parts), .any(let parts): parts.reduce(into: []) { $0.formUnion($1.variables) }
    }
  }

  /// The variables that markers know. The raw values are the names in markers and environments.
  public enum Variable: String, Sendable, Hashable, CaseIterable {
    case pythonVersion = "python_version"
    case pythonFullVersion = "python_full_version"
    case osName = "os_name"
    case sysPlatform = "sys_platform"
    case platformRelease = "platform_release"
    case platformSystem = "platform_system"
    case platformVersion = "platform_version"
    case platformMachine = "platform_machine"
    case platformPythonImplementation = "platform_python_implementation"
    case implementationName = "implementation_name"
    case implementationVersion = "implementation_version"
    /// The extra that is asked for, in the metadata of distributions.
    case extra
    /// The extras that are asked for, in lockfiles (PEP 751).
    case extras
    /// The dependency groups that are asked for, in lockfiles (PEP 751).
    case dependencyGroups = "dependency_groups"

    /// Takes a name, also one of the dotted names that were used before PEP 508.
    public init?(name: String) {
      switch name {
      case "os.name": self = .osName
      case "sys.platform": self = .sysPlatform
      case "platform.version": self = .platformVersion
      case "platform.machine": self = .platformMachine
      case "platform.python_implementation", "python_implementation": self = .platformPythonImplementation
      default: self.init(rawValue: name)
      }
    }

    /// Whether its values are compared as versions.
    public var isVersion: Bool {
      switch self {
      case .pythonVersion, .pythonFullVersion, .implementationVersion, .platformRelease: true
      default: false
      }
    }

    /// Whether its values are names of extras or groups.
    var isName: Bool { self == .extra || self == .extras || self == .dependencyGroups }
  }
}
