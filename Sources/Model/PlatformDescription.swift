/// What wheels need to know of a machine: system, processor and C library, as one interpreter sees them.
public struct PlatformDescription: Sendable, Hashable {
  /// The C library that the interpreter is linked with.
  public enum CLibrary: Sendable, Hashable {
    /// GNU libc (PEP 600).
    case glibc(major: Int, minor: Int)
    /// musl (PEP 656).
    case musl(major: Int, minor: Int)
    /// Another one, or an unknown one: neither manylinux nor musllinux wheels fit.
    case other
  }

  /// What `sysconfig.get_platform()` says: `linux-x86_64`.
  public var name: String
  /// The C library.
  public var library: CLibrary
  /// Whether the interpreter is a 32-bit program, also on a 64-bit machine.
  public var is32Bit: Bool

  /// Creates a description.
  public init(name: String, library: CLibrary, is32Bit: Bool = false) {
    self.name = name
    self.library = library
    self.is32Bit = is32Bit
  }

  /// The platform tags that fit, best first: `linux_ARCH`, which only this machine builds, then manylinux
  /// or musllinux from the newest to the oldest.
  ///
  /// For other systems, the platform's own name alone.
  public var platformTags: [String] {
    var name = WheelTags.normalised(self.name)
    guard name.hasPrefix("linux_") else { return [name] }
    if is32Bit {
      if name == "linux_x86_64" { name = "linux_i686" }
      if name == "linux_aarch64" { name = "linux_armv8l" }
    }
    let processor = String(name.dropFirst("linux_".count))
    // A 32-bit program on an ARMv8 machine also runs what is built for ARMv7.
    let processors = processor == "armv8l" ? ["armv8l", "armv7l"] : [processor]
    return processors.map { "linux_\($0)" } + libraryTags(processors)
  }

  private func libraryTags(_ processors: [String]) -> [String] {
    switch library {
    case .glibc(let major, let minor):
      guard processors.contains(where: Self.manylinuxProcessors.contains) else { return [] }
      return processors.flatMap { glibcTags($0, major: major, minor: minor) }
    case .musl(let major, let minor):
      guard minor >= 0 else { return [] }
      return processors.flatMap { processor in
        (0...minor).reversed().map { "musllinux_\(major)_\($0)_\(processor)" }
      }
    case .other: return []
    }
  }

  /// PEP 600's names, each with the older name of the same meaning behind it (PEP 513, 571, 599).
  private func glibcTags(_ processor: String, major: Int, minor: Int) -> [String] {
    let isIntel = processor == "x86_64" || processor == "i686"
    let oldest = isIntel ? 5 : 17
    guard major == 2, minor >= oldest else { return [] }
    return (oldest...minor).reversed().flatMap { minor in
      let tag = "manylinux_2_\(minor)_\(processor)"
      return Self.olderNames[minor].map { [tag, "\($0)_\(processor)"] } ?? [tag]
    }
  }

  private static let olderNames = [17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"]
  private static let manylinuxProcessors: Set = [
    "x86_64", "i686", "aarch64", "armv7l", "ppc64", "ppc64le", "s390x", "loongarch64", "riscv64",
  ]
}
