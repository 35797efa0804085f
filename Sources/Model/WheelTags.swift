/// Which wheels an interpreter can install, and which of several is best.
///
/// Source: Python Packaging User Guide, "Platform compatibility tags" (PEP 425, 600, 656, 703, 803). The order is that
/// of `packaging.tags.sys_tags()`.
public enum WheelTags {
  /// The tags that an interpreter can install, best first, as `python-abi-platform`.
  ///
  /// `implementation` is `sys.implementation.name`, `version` the major and minor version, `soabi` the configuration
  /// variable of that name (`cpython-313t-x86_64-linux-gnu`): it says whether CPython is a free-threaded or a debug
  /// build, and which ABI any other implementation has.
  public static func supported(
    implementation: String, version: (Int, Int), soabi: String?, platform: PlatformDescription
  ) -> [String] {
    let platforms = platform.platformTags
    var builder = Builder(platforms: platforms)
    let shortName = shortNames[implementation] ?? implementation
    let interpreter = "\(shortName)\(version.0)\(version.1)"
    var anyInterpreter: String?
    if implementation == "cpython" {
      addCPython(interpreter, version, soabi, to: &builder)
      anyInterpreter = interpreter
    } else {
      for abi in otherABIs(soabi) { builder.add(interpreter, abi) }
      builder.add(interpreter, "none")
      if implementation == "pypy" { anyInterpreter = "pp3" }
    }
    let pythons =
      ["py\(version.0)\(version.1)", "py\(version.0)"]
      + (0..<max(version.1, 0)).reversed().map { "py\(version.0)\($0)" }
    for python in pythons { builder.add(python, "none") }
    if let anyInterpreter { builder.tags.append("\(anyInterpreter)-none-any") }
    for python in pythons { builder.tags.append("\(python)-none-any") }
    return builder.tags
  }

  /// Which of the wheels suits best: the best tag, then the higher build tag, then the earlier one. Nil when none fits.
  ///
  /// For many choices by one interpreter, keep a `Ranking`.
  public static func best(among names: [WheelName], supported: [String]) -> Int? {
    Ranking(supported).best(among: names)
  }

  /// The rank of every tag that an interpreter can install: made once, asked often.
  public struct Ranking: Sendable {
    private let ranks: [String: Int]
    private let platforms: Set<String>

    /// Takes tags, best first.
    public init(_ supported: [String]) {
      ranks = Dictionary(zip(supported, 0...)) { first, _ in first }
      platforms = Set(
        supported.compactMap { tag in
          tag.utf8.lastIndex(of: UInt8(ascii: "-")).map { String(tag[tag.utf8.index(after: $0)...]) }
        })
    }

    /// The rank of the wheel's best tag: 0 is best. Nil when the wheel cannot be installed.
    public func rank(of name: WheelName) -> Int? {
      // Most wheels are for other platforms: they need no look at their tags, one by one.
      guard name.platformTags.contains(where: platforms.contains) else { return nil }
      return name.tags.compactMap { ranks[$0] }.min()
    }

    /// Which of the wheels suits best: the best tag, then the higher build tag, then the earlier one.
    ///
    /// Nil when none fits.
    public func best(among names: [WheelName]) -> Int? {
      var best: (index: Int, rank: Int)?
      for (index, name) in names.enumerated() {
        guard let rank = rank(of: name) else { continue }
        guard let current = best else {
          best = (index, rank)
          continue
        }
        let isHigherBuild = names[current.index].hasLowerBuild(than: name)
        if rank < current.rank || (rank == current.rank && isHigherBuild) { best = (index, rank) }
      }
      return best?.index
    }
  }

  /// Platform and ABI names in tags have underscores only.
  static func normalised(_ text: String) -> String {
    String(text.map { $0 == "." || $0 == "-" || $0 == " " ? "_" : $0 }).lowercased()
  }

  private static let shortNames = [
    "python": "py", "cpython": "cp", "pypy": "pp", "ironpython": "ip", "jython": "jy",
  ]

  private static func addCPython(
    _ interpreter: String, _ version: (Int, Int), _ soabi: String?, to builder: inout Builder
  ) {
    let flags = cpythonFlags(soabi)
    let isFreeThreaded = flags.contains("t")
    builder.add(interpreter, interpreter + flags)
    // Since 3.8 a debug build loads extensions of the release build, too.
    if flags.contains("d"), version >= (3, 8) {
      builder.add(interpreter, interpreter + flags.filter { $0 != "d" })
    }
    let stable = isFreeThreaded ? "abi3t" : "abi3"
    if version >= (3, 2) { builder.add(interpreter, stable) }
    builder.add(interpreter, "none")
    guard version >= (3, 2) else { return }
    for minor in (2..<max(version.1, 2)).reversed() { builder.add("cp\(version.0)\(minor)", stable) }
  }

  /// What stands behind the digits: `t` in `cpython-313t-x86_64-linux-gnu`.
  private static func cpythonFlags(_ soabi: String?) -> String {
    guard let soabi, soabi.hasPrefix("cpython-") else { return "" }
    let tag = soabi.dropFirst("cpython-".count).prefix { $0 != "-" }
    return String(tag.drop { $0.isNumber })
  }

  private static func otherABIs(_ soabi: String?) -> [String] {
    guard let soabi, !soabi.isEmpty else { return [] }
    let parts = soabi.split(separator: "-")
    let count = soabi.hasPrefix("pypy") ? 2 : soabi.hasPrefix("graalpy") ? 3 : parts.count
    return [normalised(parts.prefix(count).joined(separator: "-"))]
  }

  private struct Builder {
    let platforms: [String]
    var tags: [String] = []

    init(platforms: [String]) {
      self.platforms = platforms
    }

    mutating func add(_ python: String, _ abi: String) {
      for platform in platforms { tags.append("\(python)-\(abi)-\(platform)") }
    }
  }
}
