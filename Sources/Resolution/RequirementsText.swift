public import Model

/// A lockfile as a requirements file, for `pip install -r` and whatever else reads no PEP 751.
///
/// Source: pip's page on the requirements file format, and on secure installs (`--hash`).
public enum RequirementsText {
  /// The text. Distributions are sorted by name; each has the hashes of all its files, unless `hashes` is false.
  ///
  /// pip checks all hashes or none, and has none for a git commit: with hashes it takes a file that has git entries
  /// only where it is told to go on (`--no-require-hashes`); so it is with directories.
  ///
  /// What the lockfile says becomes no line, no option and no variable of its own, since pip acts upon all of these.
  public static func encode(_ lockfile: Lockfile, named name: String, hashes: Bool = true) -> String {
    let hasAll = lockfile.distributions.allSatisfy(hasHash)
    let options = "--no-deps" + (hasAll || !hashes ? "" : " --no-require-hashes")
    var lines = ["# Made from \(name) by 'pinion export'. Everything is listed: install it with \(options)."]
    if let python = lockfile.python {
      lines.append("# Resolved for Python \(python)\(lockfile.platform.map { " on \($0)" } ?? "").")
    }
    for need in lockfile.baseNeeds { lines.append("# The base environment has \(need.name) \(need.version).") }
    lines = lines.map(\.oneLine) + indexes(of: lockfile)
    for distribution in lockfile.distributions { lines.append(line(distribution, hashes: hashes)) }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The indexes that the distributions come from, the one with the most first.
  private static func indexes(of lockfile: Lockfile) -> [String] {
    var counts: [String: Int] = [:]
    for case .index(let url, _, _) in lockfile.distributions.map(\.source) where !url.isEmpty {
      counts[url, default: 0] += 1
    }
    let urls = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    return urls.enumerated().map { "\($0 == 0 ? "--index-url" : "--extra-index-url") \(url($1))" }
  }

  private static func line(_ distribution: LockedDistribution, hashes: Bool) -> String {
    let name = distribution.name.text
    switch distribution.source {
    case .index(_, let wheels, let sdist):
      // White space may stand around a version (PEP 440, appendix B).
      let version = Version(distribution.version)?.description ?? distribution.version.percentEncodedPath
      let files = wheels + (sdist.map { [$0] } ?? [])
      return with(hashes ? files.map(\.sha256) : [], "\(name)==\(version)")
    case .git(let pin):
      let subdirectory = pin.subdirectory.map { "#subdirectory=\($0.percentEncodedPath)" } ?? ""
      return "\(name) @ git+\(url(pin.url))@\(pin.commit)\(subdirectory)"
    case .archive(let pin):
      let subdirectory = pin.subdirectory.map { "#subdirectory=\($0.percentEncodedPath)" } ?? ""
      return with(hashes ? [pin.sha256] : [], "\(name) @ \(url(pin.url))\(subdirectory)")
    case .directory(let pin):
      let path = pin.path + (pin.subdirectory.map { "/\($0)" } ?? "")
      return "\(name) @ file://\(path.percentEncodedPath)"
    }
  }

  /// A URL in which pip sees nothing but that: what stands in none (RFC 3986, 2), and the `$` of a variable, is encoded.
  private static func url(_ text: String) -> String {
    text.utf8.map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return plain.contains(byte)
        ? String(Unicode.Scalar(byte)) : "%" + String(repeating: "0", count: 2 - digits.count) + digits
    }.joined()
  }

  private static let plain = Set(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!&()*+,;=%".utf8)

  private static func hasHash(_ distribution: LockedDistribution) -> Bool {
    switch distribution.source {
    case .index, .archive: true
    case .git, .directory: false
    }
  }

  private static func with(_ digests: [String], _ requirement: String) -> String {
    ([requirement] + Set(digests).sorted().map { "    --hash=sha256:\($0)" }).joined(separator: " \\\n")
  }
}
