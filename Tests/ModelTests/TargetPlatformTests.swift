import Model
import Testing

@Suite("Platforms that a lockfile is made for")
struct TargetPlatformTests {
  private func host(_ tags: [String], _ version: String = "3.11.2") -> Interpreter {
    Interpreter(
      executable: "/usr/bin/python3", version: version, implementation: "cpython", cacheTag: "cpython-311",
      soabi: "cpython-311-x86_64-linux-gnu",
      markers: ["sys_platform": "linux", "platform_machine": "x86_64", "platform_release": "6.1"], tags: tags,
      identity: FileIdentity(size: 0, modified: 0, inode: 0))
  }

  private func tags(_ minor: Int, glibc: Int) -> [String] {
    WheelTags.supported(
      implementation: "cpython", version: (3, minor), soabi: "cpython-3\(minor)-x86_64-linux-gnu",
      platform: PlatformDescription(name: "linux-x86_64", library: .glibc(major: 2, minor: glibc)))
  }

  @Test func everyNameIsUnderstood() throws {
    for name in TargetPlatform.names {
      let target = try TargetPlatform(name, python: "3.12")
      let aimed = host([]).aimed(at: target)
      #expect(aimed.markers["platform_machine"].map { name.hasPrefix($0) } == true)
      #expect(aimed.tags.contains { $0.hasPrefix("cp312-cp312-") } && aimed.tags.last == "py30-none-any")
    }
    #expect(throws: TargetPlatform.Flaw.name) { try TargetPlatform("macos") }
    for python in ["3", "3.12.1", "2.7", "3.x", "3.012", ""] {
      #expect(throws: TargetPlatform.Flaw.python) { try TargetPlatform("x86_64-manylinux_2_28", python: python) }
    }
  }

  @Test func markersAndTagsAreThoseOfTheTarget() throws {
    let aimed = host(tags(11, glibc: 36)).aimed(at: try TargetPlatform("aarch64-manylinux_2_28", python: "3.12"))
    #expect(aimed.minorVersion == "3.12" && aimed.executable == "/usr/bin/python3" && aimed.isForeign)
    #expect(aimed.markers["python_full_version"] == "3.12.0" && aimed.markers["platform_release"] == "")
    #expect(aimed.tags.contains("cp312-cp312-manylinux_2_28_aarch64"))
    #expect(!aimed.tags.contains { $0.contains("manylinux_2_29") || $0.contains("x86_64") })
    #expect(
      aimed.environmentMarker
        == "sys_platform == 'linux' and platform_machine == 'aarch64' and implementation_name == 'cpython' "
        + "and python_version == '3.12'")
    #expect(try Marker(parsing: aimed.environmentMarker).evaluate(aimed.markers))
  }

  @Test(arguments: [
    ("x86_64-manylinux_2_28", "3.11", 36, true), ("x86_64-manylinux_2_28", nil, 28, true),
    ("x86_64-manylinux_2_36", "3.11", 28, false), ("x86_64-manylinux_2_28", "3.12", 36, false),
    ("x86_64-manylinux_2_28", "3.10", 36, false), ("x86_64-unknown-linux-musl", "3.11", 36, false),
    ("aarch64-manylinux2014", "3.11", 36, false),
  ])
  func aMachineFitsOrNot(target: String, python: String?, glibc: Int, fits: Bool) throws {
    let aimed = host(tags(11, glibc: glibc)).aimed(at: try TargetPlatform(target, python: python))
    #expect(aimed.isForeign == !fits)
  }
}
