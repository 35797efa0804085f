internal import Model

/// What packages say of the Python that they need, upper bounds and exceptions included, for a minor version of it.
///
/// uv looks at the lower bounds alone, since it locks for all versions to come as well. A lockfile of ours is for one minor
/// version, and pip refuses to install what is for another: such releases are passed over, as pip does.
enum PythonBound {
  /// These distributions were solved in versions that are for other versions of Python.
  struct Crossed: Error {
    var names: Set<PackageName>
  }

  /// Whether any patch level of a minor version will do.
  static func fits(_ wanted: VersionSpecifiers, minor: String) -> Bool {
    ["0", "99"].contains { patch in
      Version("\(minor).\(patch)").map { wanted.contains($0, allowPrereleases: true) } ?? true
    }
  }

  /// Throws `Crossed` where one of these is for other versions of Python, and was not passed over for that already.
  static func check(
    _ metadata: [PackageName: DistributionMetadata], for interpreter: Interpreter, bound: Set<PackageName>
  ) throws(Crossed) {
    let crossed = metadata.filter { name, metadata in
      !bound.contains(name) && metadata.requiresPython.map { !fits($0, minor: interpreter.minorVersion) } ?? false
    }
    guard crossed.isEmpty else { throw Crossed(names: Set(crossed.keys)) }
  }
}
