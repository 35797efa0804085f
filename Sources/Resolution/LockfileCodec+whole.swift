internal import Model

/// Whether a lockfile is whole: a merge that went wrong leaves entries twice, or takes one that another needs.
extension LockfileCodec {
  /// Throws `lockInvalid` naming the first entry that is there twice, is missing, or has the files of another version.
  static func checkWhole(_ lockfile: Lockfile, _ path: String) throws(Failure) {
    var names: Set<PackageName> = []
    for distribution in lockfile.distributions where !names.insert(distribution.name).inserted {
      throw notWhole("\(distribution.name) is in it twice", path)
    }
    for distribution in lockfile.distributions {
      for other in distribution.dependencies where !names.contains(other) {
        throw notWhole("\(distribution.name) needs \(other), which is not in it", path)
      }
      for fileName in wheelNames(of: distribution) {
        guard let wheel = WheelName(fileName) else { continue }
        guard wheel.distribution == distribution.name, wheel.version == Version(distribution.version) else {
          throw notWhole("\(distribution.name) \(distribution.version) has the file \(fileName)", path)
        }
      }
    }
    for module in lockfile.modules where module.answer == .distribution {
      guard let name = module.distribution, !names.contains(name) else { continue }
      throw notWhole("\(module.label) comes from \(name), which is not in it", path)
    }
  }

  private static func wheelNames(of distribution: LockedDistribution) -> [String] {
    switch distribution.source {
    case .index(_, let wheels, _): wheels.map(\.name)
    case .archive(let pin): [pin.file.name]
    case .git, .directory: []
    }
  }

  private static func notWhole(_ reason: String, _ path: String) -> Failure {
    invalid(
      reason, path,
      hint: "a merge may have left it so: take one side as it was, then run: pinion lock")
  }
}
