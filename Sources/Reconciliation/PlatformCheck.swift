internal import Model

/// Whether what is locked for one platform and Python can be installed on another.
enum PlatformCheck {
  /// Throws `platformUnfit`, naming both. A lockfile that says nothing fits.
  static func check(
    _ environment: DesiredEnvironment, isFor platform: String?, _ python: String?, on interpreter: Interpreter
  ) throws(Failure) {
    guard let platform else { return }
    let isFit: Bool
    if let target = try? TargetPlatform(platform, python: python) {
      isFit = !interpreter.aimed(at: target).isForeign
    } else {
      isFit = platform == interpreter.platformName && python ?? interpreter.minorVersion == interpreter.minorVersion
    }
    guard !isFit else { return }
    throw Failure(
      .platformUnfit,
      "the lockfile is for Python \(python ?? interpreter.minorVersion) on \(platform), "
        + "and here is \(interpreter.platformText)", at: .path(environment.lockfile),
      because: environment.platform == nil ? nil : "`spec.platform` says so",
      hint: environment.platform == nil
        ? "lock again here: pinion lock; or name the other Python with spec.python"
        : "apply it on a machine of that kind; `pinion lock` goes anywhere")
  }
}
