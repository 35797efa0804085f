public import Model

/// A lockfile as a requirements file, for `pip install -r` and whatever else reads no PEP 751.
///
/// Source: pip's page on the requirements file format, and on secure installs (`--hash`).
public enum RequirementsText {
  /// The text. Distributions are sorted by name; each has the hashes of all its files, unless `hashes` is false.
  ///
  /// pip checks all hashes or none, and has none for a git commit: with hashes it takes a file that has git entries
  /// only where it is told to go on (`--no-require-hashes`).
  public static func encode(_ lockfile: Lockfile, named name: String, hashes: Bool = true) -> String {
    var lines = ["# Made from \(name) by 'pinion export'. Everything is listed: install it with --no-deps."]
    if let python = lockfile.python {
      lines.append("# Resolved for Python \(python)\(lockfile.platform.map { " on \($0)" } ?? "").")
    }
    for need in lockfile.baseNeeds { lines.append("# The base environment has \(need.name) \(need.version).") }
    lines += indexes(of: lockfile)
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
    return urls.enumerated().map { "\($0 == 0 ? "--index-url" : "--extra-index-url") \($1)" }
  }

  private static func line(_ distribution: LockedDistribution, hashes: Bool) -> String {
    let name = distribution.name.text
    switch distribution.source {
    case .index(_, let wheels, let sdist):
      let files = wheels + (sdist.map { [$0] } ?? [])
      return with(hashes ? files.map(\.sha256) : [], "\(name)==\(distribution.version)")
    case .git(let pin):
      let subdirectory = pin.subdirectory.map { "#subdirectory=\($0.percentEncodedPath)" } ?? ""
      return "\(name) @ git+\(pin.url)@\(pin.commit)\(subdirectory)"
    case .archive(let pin):
      let subdirectory = pin.subdirectory.map { "#subdirectory=\($0.percentEncodedPath)" } ?? ""
      return with(hashes ? [pin.sha256] : [], "\(name) @ \(pin.url)\(subdirectory)")
    case .directory(let pin):
      let path = pin.path + (pin.subdirectory.map { "/\($0)" } ?? "")
      return "\(name) @ file://\(path.percentEncodedPath)"
    }
  }

  private static func with(_ digests: [String], _ requirement: String) -> String {
    ([requirement] + Set(digests).sorted().map { "    --hash=sha256:\($0)" }).joined(separator: " \\\n")
  }
}
