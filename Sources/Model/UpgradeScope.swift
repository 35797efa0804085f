/// What a relock may move.
public enum UpgradeScope: Sendable, Equatable {
  /// Only what must move.
  case none
  /// These distributions.
  case packages([PackageName])
  /// All that comes from an index; tags and commits stay.
  case allPackages
  /// Everything; tags are asked for again.
  case all
}
