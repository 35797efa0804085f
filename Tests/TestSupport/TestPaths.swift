internal import Model
internal import Platform

/// Where the tests find things.
public enum TestPaths {
  /// The directory of the scripts that tests start.
  public static let resources = (#filePath as String).parentPath + "/Resources"

  /// The directory that the tests' own program is in; `pinion` and `pinion-git` are built beside it.
  public static let products = (Files.realPath("/proc/self/exe") ?? "").parentPath

  /// The root of the package.
  public static let package = (Files.realPath((#filePath as String).parentPath) ?? "").parentPath.parentPath
}
