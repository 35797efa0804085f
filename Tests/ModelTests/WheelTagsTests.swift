import Model
import Testing

@Suite struct WheelTagsTests {
  static let intel = PlatformDescription(name: "linux-x86_64", library: .glibc(major: 2, minor: 17))

  @Test func listsPlatformsBestFirst() {
    #expect(
      Self.intel.platformTags.prefix(3) == ["linux_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"])
    #expect(
      Self.intel.platformTags.suffix(2) == ["manylinux_2_5_x86_64", "manylinux1_x86_64"])
    #expect(
      PlatformDescription(name: "linux-aarch64", library: .glibc(major: 2, minor: 18)).platformTags == [
        "linux_aarch64", "manylinux_2_18_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64",
      ])
    #expect(
      PlatformDescription(name: "linux-x86_64", library: .musl(major: 1, minor: 1)).platformTags == [
        "linux_x86_64", "musllinux_1_1_x86_64", "musllinux_1_0_x86_64",
      ])
    #expect(
      PlatformDescription(name: "linux-aarch64", library: .glibc(major: 2, minor: 17), is32Bit: true).platformTags == [
        "linux_armv8l", "linux_armv7l", "manylinux_2_17_armv8l", "manylinux2014_armv8l", "manylinux_2_17_armv7l",
        "manylinux2014_armv7l",
      ])
    #expect(
      PlatformDescription(name: "linux-x86_64", library: .other, is32Bit: true).platformTags == ["linux_i686"])
    #expect(PlatformDescription(name: "macosx-14.0-arm64", library: .other).platformTags == ["macosx_14_0_arm64"])
    #expect(
      PlatformDescription(name: "linux-x86_64", library: .glibc(major: 2, minor: 4)).platformTags == ["linux_x86_64"])
  }

  @Test func choosesTheBestWheel() throws {
    let supported = WheelTags.supported(
      implementation: "cpython", version: (3, 11), soabi: "cpython-311-x86_64-linux-gnu", platform: Self.intel)
    let cases: [([String], Int?)] = [
      (["py3-none-any", "cp311-cp311-manylinux_2_17_x86_64", "cp38-abi3-manylinux_2_17_x86_64"], 1),
      (["py3-none-any", "cp38-abi3-manylinux2014_x86_64"], 1),
      (["py3-none-any", "1-py3-none-any", "10-py3-none-any", "2-py3-none-any"], 2),
      (["py3-none-any", "py3-none-any"], 0),
      (["cp312-cp312-manylinux_2_17_x86_64", "cp311-cp311-win_amd64", "cp311-cp311-manylinux_2_28_x86_64"], nil),
      (["cp311-cp311-manylinux_2_28_x86_64", "cp311-cp311-manylinux_2_12_x86_64.manylinux2010_x86_64"], 1),
      (["py2.py3-none-any", "py311-none-any"], 1),
      ([], nil),
    ]
    for (tags, expected) in cases {
      let names = try tags.map { try #require(WheelName("x-1-\($0).whl")) }
      #expect(WheelTags.best(among: names, supported: supported) == expected, "\(tags)")
    }
  }

  @Test(.enabled(if: PythonOracle.isPresent, Comment(rawValue: PythonOracle.absence)))
  func listsWhatThisPythonInstalls() throws {
    let answers = try PythonOracle.run(
      """
      import os, struct, sysconfig
      from packaging.tags import sys_tags
      from packaging._musllinux import _get_musl_version
      musl = _get_musl_version(sys.executable)
      library = "musl %d.%d" % musl if musl else os.confstr("CS_GNU_LIBC_VERSION")
      print(sys.implementation.name, sys.version_info[0], sys.version_info[1], sysconfig.get_config_var("SOABI"),
            sysconfig.get_platform(), struct.calcsize("P"), library)
      for tag in sys_tags(): print(tag)
      """, input: [])
    let words = try #require(answers.first).split(separator: " ").map(String.init)
    try #require(words.count == 8)
    let numbers = try words[7].split(separator: ".").map { try #require(Int($0)) }
    try #require(numbers.count >= 2)
    let platform = PlatformDescription(
      name: words[4],
      library: words[6] == "musl"
        ? .musl(major: numbers[0], minor: numbers[1]) : .glibc(major: numbers[0], minor: numbers[1]),
      is32Bit: words[5] == "4")
    let version = (try #require(Int(words[1])), try #require(Int(words[2])))
    let own = WheelTags.supported(implementation: words[0], version: version, soabi: words[3], platform: platform)
    #expect(own == Array(answers.dropFirst()))
  }

  @Test(
    .enabled(if: PythonOracle.isPresent, Comment(rawValue: PythonOracle.absence)),
    arguments: [
      ("cpython", 13, "cpython-313t-x86_64-linux-gnu", "cpython_tags((3,13),['cp313t'],P)", "cp313"),
      ("cpython", 15, "cpython-315t-x86_64-linux-gnu", "cpython_tags((3,15),['cp315t'],P)", "cp315"),
      ("cpython", 12, "cpython-312d-x86_64-linux-gnu", "cpython_tags((3,12),['cp312d','cp312'],P)", "cp312"),
      ("cpython", 13, "cpython-313td-x86_64-linux-gnu", "cpython_tags((3,13),['cp313td','cp313t'],P)", "cp313"),
      ("pypy", 11, "pypy311-pp73-x86_64-linux-gnu", "generic_tags('pp311',['pypy311_pp73'],P)", "pp3"),
      (
        "graalpy", 11, "graalpy242-311-native-x86_64-linux", "generic_tags('graalpy311',['graalpy242_311_native'],P)",
        ""
      ),
    ])
  func listsWhatOtherPythonsInstall(implementation: String, minor: Int, soabi: String, call: String, name: String)
    throws
  {
    let answers = try PythonOracle.run(
      """
      from packaging.tags import cpython_tags, generic_tags, compatible_tags
      P = lines
      for tag in \(call): print(tag)
      for tag in compatible_tags((3, \(minor)), "\(name)" or None, P): print(tag)
      """, input: Self.intel.platformTags)
    let own = WheelTags.supported(
      implementation: implementation, version: (3, minor), soabi: soabi, platform: Self.intel)
    #expect(own == answers)
  }
}
