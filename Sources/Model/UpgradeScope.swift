/// What a relock may move.
public enum UpgradeScope: Sendable, Equatable {
  /// Only what must move.
  case none
  /// These distributions.
  case packages([PackageName])
  /// Everything.
  case all
}
