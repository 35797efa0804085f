internal import Model

/// `index.json`, the first file of a bundle: what is in it. The lockfile follows as `pylock.toml`, and then each wheel as
/// `wheels/SHA256.whl`, in the order of the index.
struct BundleIndex: Codable, Equatable {
  static let formatVersion = 1

  /// One wheel.
  struct Wheel: Codable, Equatable {
    /// The distribution that it is of.
    var distribution: String
    /// What the lockfile says that its bytes are or come from, as in generations' records: `wheel:…`, `git:…`.
    var identity: String
    /// Its file name.
    var file: String
    /// The SHA-256 of its bytes.
    var sha256: String
    /// How many bytes it has.
    var size: Int

    /// Its name in the archive.
    var member: String { "wheels/\(sha256).whl" }
  }

  var formatVersion = BundleIndex.formatVersion
  /// The environment that it was made for.
  var environment: String
  /// The Python that its wheels are for: `3.11`.
  var python: String
  /// The platform that they are for: `linux-x86_64`.
  var platform: String
  /// `sha256:…` of the lockfile.
  var lockDigest: String
  /// The wheels, by distribution.
  var wheels: [Wheel]
}
