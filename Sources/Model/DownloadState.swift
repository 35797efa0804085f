/// How far the downloads of a run are.
public struct DownloadState: Sendable, Equatable {
  /// How many files there are.
  public var files: Int
  /// How many bytes came.
  public var done: Int
  /// How many bytes there are, as far as sizes are known.
  public var total: Int

  /// Creates a state.
  public init(files: Int, done: Int, total: Int) {
    self.files = files
    self.done = done
    self.total = total
  }
}
