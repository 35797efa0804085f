/// The policy of one file: the rules that it states, each with its place. What it does not state, it leaves alone.
public struct PolicyDeclaration: Sendable, Equatable {
  /// A rule's value and where it is written.
  public struct Stated<Value: Sendable & Equatable>: Sendable, Equatable {
    /// What is asked for.
    public var value: Value
    /// Where.
    public var location: SourceLocation

    /// Creates a statement.
    public init(_ value: Value, at location: SourceLocation) {
      self.value = value
      self.location = location
    }
  }

  /// Whether entries must be pinned.
  public var pinned: Stated<PinnedLevel>?
  /// Where distributions may come from.
  public var sources: Stated<SourceRules.Layer>?
  /// What happens to an undotted import path that nothing answers for.
  public var impliedPackages: Stated<PolicyLevel>?
  /// Whether anything may be built.
  public var builds: Stated<BuildPermission>?
  /// How much a build may take.
  public var buildLimits: Stated<BuildLimits>?
  /// Files of package indexes that are newer are passed over.
  public var excludeNewer: Stated<ExcludeNewer>?
  /// Whether a distribution may go back.
  public var downgrade: Stated<Permission>?
  /// What happens when history was rewritten, or a tag was moved.
  public var rewinds: Stated<PolicyLevel>?
  /// Whether distributions may bring `.pth` files.
  public var pth: Stated<PolicyLevel>?
  /// Whether two distributions may bring different content for one file.
  public var collisions: Stated<RuleByName>?
  /// Whether a wheel's RECORD may say something else than what is in it.
  public var record: Stated<RuleByName>?
  /// How much a wheel may unpack to.
  public var unpacked: Stated<UnpackLimits>?

  /// States nothing.
  public init() {}
}
