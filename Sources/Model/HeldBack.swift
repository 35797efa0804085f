/// A module that could not be resolved while others were.
public struct HeldBack: Sendable, Equatable {
  /// Section and name.
  public var label: String
  /// Its import path.
  public var importPath: String
  /// Whether it stays as it was locked; else it was never locked, and is left out.
  public var isKept: Bool
  /// Why. Never empty.
  public var complaints: [Diagnostic]

  /// Creates an entry.
  public init(label: String, importPath: String, isKept: Bool, complaints: [Diagnostic]) {
    self.label = label
    self.importPath = importPath
    self.isKept = isKept
    self.complaints = complaints
  }

  /// What became of it, in a few words.
  public var outcome: String { isKept ? "it stays as it was locked" : "it is left out, since it was never locked" }

  /// Whether the next run may succeed with nothing changed by a person.
  public var isRetryable: Bool { complaints.allSatisfy(\.isRetryable) }
}
