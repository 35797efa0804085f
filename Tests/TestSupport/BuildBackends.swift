internal import Glibc
internal import Model
internal import Platform

/// Build back ends that take the version from tags, as wheels that lie beside the tools: tests serve them from their own
/// index, so that nothing else is asked.
public enum BuildBackends {
  /// The directory of the wheels; nil where they could not be had.
  public static let directory: String? = try? prepare()

  /// Why tests are skipped without them.
  public static let absence = "setuptools-scm and hatch-vcs could not be had from the configured registry"

  // The list is that of scripts/install-dependencies.
  private static let packages = ["setuptools>=77", "setuptools-scm>=8", "hatchling", "hatch-vcs"]

  private static func prepare() throws -> String? {
    guard let tools = PythonTools.shared, let python = tools.python else { return nil }
    let root = "\(tools.bin.parentPath)/backends"
    try Files.makeDirectory(root)
    // One process downloads, the others wait.
    var lock = try FileLock.attempt("\(root)/lock")
    while lock == nil {
      usleep(50_000)
      lock = try FileLock.attempt("\(root)/lock")
    }
    defer { withExtendedLifetime(lock) {} }
    if !Files.exists("\(root)/ready") {
      let command =
        [
          python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "--dest",
          root,
        ]
        + packages
      guard PythonTools.succeeds(command) else { return nil }
      try Files.write("", to: "\(root)/ready")
    }
    return root
  }
}
