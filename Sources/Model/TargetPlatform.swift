/// The platform and the Python that a lockfile is made for, where these are not to be those of whoever makes it:
/// `spec.platform`.
public struct TargetPlatform: Sendable, Hashable {
  /// The platform, as uv names it: `x86_64-manylinux_2_28`.
  public var name: String
  /// `3.12`: the minor version of CPython; nil for that of the interpreter at hand.
  public var python: String?
  /// What wheels need to know of it.
  public var description: PlatformDescription

  /// What is wrong with a target.
  public enum Flaw: Error, Sendable, Equatable { case name, python }

  /// Reads a platform's name and a version of Python. Throws which of the two is none.
  public init(_ name: String, python: String? = nil) throws(Flaw) {
    guard let description = Self.description(of: name) else { throw .name }
    if let python {
      let parts = python.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0] == "3", let minor = Int(parts[1]), (8...99).contains(minor),
        String(minor) == parts[1]
      else { throw .python }
    }
    self.name = name
    self.python = python
    self.description = description
  }

  /// Every platform that may be named. Source: `uv pip compile --help`, those of Linux.
  public static let names: [String] =
    processors.flatMap { processor in
      ["\(processor)-unknown-linux-gnu", "\(processor)-unknown-linux-musl", "\(processor)-manylinux2014"]
        + versions.map { "\(processor)-manylinux_2_\($0)" }
    } + ["riscv64-unknown-linux"]

  private static let processors = ["x86_64", "aarch64"]
  private static let versions = [17, 28] + Array(31...40)

  /// What uv takes a bare name for: the C libraries of its own table.
  private static func description(of name: String) -> PlatformDescription? {
    guard names.contains(name), let dash = name.firstIndex(of: "-") else { return nil }
    let processor = name[..<dash]
    let rest = name[name.index(after: dash)...]
    let library: PlatformDescription.CLibrary =
      switch rest {
      case "unknown-linux-gnu": .glibc(major: 2, minor: 28)
      case "unknown-linux-musl": .musl(major: 1, minor: 2)
      case "unknown-linux": .glibc(major: 2, minor: 39)
      case "manylinux2014": .glibc(major: 2, minor: 17)
      default: .glibc(major: 2, minor: rest.split(separator: "_").last.flatMap { Int($0) } ?? 17)
      }
    return PlatformDescription(name: "linux-\(processor)", library: library)
  }

  /// The processor, as `platform.machine()` says it.
  var machine: String { String(description.name.dropFirst("linux-".count)) }

  /// `CPython 3.12 on x86_64-manylinux_2_28`.
  public func shown(_ interpreter: Interpreter) -> String {
    "CPython \(python ?? interpreter.minorVersion) on \(name)"
  }
}

extension Interpreter {
  /// The CPython of another platform, as far as it decides what is locked: its markers and wheel tags. What has to be run
  /// is run with this very interpreter, which `executable` still names.
  ///
  /// A release and a version of the operating system are nobody's there: they are empty, as uv has them.
  public func aimed(at target: TargetPlatform) -> Interpreter {
    var result = self
    let minorVersion = target.python ?? self.minorVersion
    let digits = minorVersion.filter { $0 != "." }
    let parts = minorVersion.split(separator: ".").compactMap { Int($0) }
    let isMusl = if case .musl = target.description.library { true } else { false }
    result.version = "\(minorVersion).0"
    result.implementation = "cpython"
    result.cacheTag = "cpython-\(digits)"
    result.soabi = "cpython-\(digits)-\(target.machine)-linux-\(isMusl ? "musl" : "gnu")"
    result.markers = [
      "implementation_name": "cpython", "implementation_version": result.version, "os_name": "posix",
      "platform_machine": target.machine, "platform_python_implementation": "CPython", "platform_release": "",
      "platform_system": "Linux", "platform_version": "", "python_full_version": result.version,
      "python_version": minorVersion, "sys_platform": "linux",
    ]
    result.tags = WheelTags.supported(
      implementation: "cpython", version: (parts.first ?? 3, parts.last ?? 0), soabi: result.soabi,
      platform: target.description)
    result.target = target.name
    result.isForeign = !fits(result)
    return result
  }

  /// Whether whatever is locked for another interpreter can be installed for this one.
  private func fits(_ other: Interpreter) -> Bool {
    minorVersion == other.minorVersion && Set(other.tags).isSubset(of: tags)
  }

  /// The platform as lockfiles name it: `linux-x86_64`, or the name of the target.
  public var platformName: String {
    target ?? "\(markers["sys_platform"] ?? "unknown")-\(markers["platform_machine"] ?? "unknown")"
  }

  /// `CPython 3.11 on linux-x86_64`.
  public var platformText: String {
    "\(markers["platform_python_implementation"] ?? implementation) \(minorVersion) on \(platformName)"
  }

  /// The environments that a lockfile for this one holds for, as a marker (PEP 751, `environments`).
  public var environmentMarker: String {
    let names = ["sys_platform", "platform_machine", "implementation_name", "python_version"]
    return names.compactMap { name in markers[name].map { "\(name) == '\($0)'" } }.joined(separator: " and ")
  }
}
