internal import Glibc
internal import Model
internal import Platform

/// A directory of one test, gone when the test ends.
public enum TemporaryDirectory {
  /// Runs something with an empty directory, given by its real path, and removes it whatever happens.
  public static func with<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let path = try make()
    defer { try? Files.remove(path) }
    return try await body(path)
  }

  /// Makes an empty directory, which the caller removes.
  public static func make() throws -> String {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/pinion-test-XXXXXX".utf8CString)
    guard let path = mkdtemp(&template), let real = realpath(path, nil) else {
      throw Files.failure("could not make a directory in", parent)
    }
    defer { free(real) }
    return String(cString: real)
  }
}
