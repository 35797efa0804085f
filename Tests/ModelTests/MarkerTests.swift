import Model
import Testing

@Suite struct MarkerTests {
  static let environment = [
    "python_version": "3.11", "python_full_version": "3.11.7", "os_name": "posix", "sys_platform": "linux",
    "platform_release": "6.1.0-13-amd64", "platform_system": "Linux", "platform_version": "#1 SMP",
    "platform_machine": "x86_64", "platform_python_implementation": "CPython", "implementation_name": "cpython",
    "implementation_version": "3.11.7",
  ]

  static let samples = [
    #"python_version < "3.12""#, #"python_version >= "3.2""#, #"python_version == "3.11.*""#,
    #""3.9" <= python_version"#,
    #"'3.9' > python_version"#, #"python_version ~= "3.10""#, #"python_version != "3.11""#,
    #"python_version === "3.11""#,
    #"python_full_version > "3.11.6" and python_full_version < "3.11.8""#, #"python_version in "3.9 3.10 3.11""#,
    #"python_version not in "2.7 3.0""#, #"sys_platform == "linux""#, #"sys_platform != "win32""#,
    #"sys_platform >= "linux""#,
    #"sys_platform > "a""#, #"sys_platform in "linux linux2""#, #""lin" in sys_platform"#,
    #""win" not in sys_platform"#,
    #"os_name == "nt" or os_name == "posix" and sys_platform == "linux""#,
    #"(os_name == "nt" or os_name == "posix") and sys_platform == "darwin""#, #"platform_release >= "5""#,
    #"platform_release == "6.1.0-13-amd64""#, #"implementation_name == "cpython""#, #"extra == "Foo_Bar""#,
    #""foo.bar" == extra"#, #"extra != "foo-bar""#, #"python_version > "3" and extra == "test""#, #"extra == """#,
    #"os.name == "posix" and sys.platform == "linux""#, #"platform.machine == 'x86_64'"#,
    #"python_implementation == "CPython""#,
    #"platform.python_implementation == "PyPy""#, #"python_version < "three""#, #"python_version == "three""#,
    #"python_version >= "3.11.0rc1""#, #"((os_name == "posix"))"#, #"platform_machine <= "x86_64""#,
    #"(python_version < "3" or (os_name == "posix" and sys_platform == "linux")) and extra == "foo-bar""#,
    #"platform_version == "a'b""#, #"implementation_version >= "3.8" and implementation_version < "4""#,
    #"python_version<"3.12"and os_name=="posix""#, #"platform_machine == "aarch64" or platform_machine == "arm64""#,
  ]

  @Test(arguments: [
    (#"python_version<'3.12'"#, #"python_version < "3.12""#),
    (
      #"os.name=="nt"or(sys.platform  ==  'x' and extra=='A_b')"#,
      #"os_name == "nt" or (sys_platform == "x" and extra == "a-b")"#
    ),
    (
      #"(os_name == "a" and os_name == "b") and os_name == "c""#,
      #"os_name == "a" and os_name == "b" and os_name == "c""#
    ),
    (#"os_name not   in 'a"b'"#, #"os_name not in 'a"b'"#),
    (#""x" in extras and 'Y' not in dependency_groups"#, #""x" in extras and "y" not in dependency_groups"#),
  ])
  func hasNormalForm(text: String, normal: String) throws {
    let marker = try #require(Marker(text))
    #expect(marker.description == normal)
    #expect(Marker(normal) == marker)
  }

  @Test(arguments: samples) func survivesItsDescription(text: String) throws {
    let marker = try #require(Marker(text))
    #expect(Marker(marker.description) == marker)
  }

  @Test func answersForSeveralExtras() throws {
    let extras = Set([PackageName("a"), PackageName("b")].compactMap { $0 })
    for (text, expected) in [
      (#"extra == "A""#, true), (#"extra == "c""#, false), (#"extra != "b""#, false), (#"extra != "c""#, true),
      (#""a" in extras"#, true), (#""c" not in extras"#, true), (#""a" in dependency_groups"#, false),
    ] {
      #expect(try #require(Marker(text)).evaluate([:], extras: extras) == expected, "\(text)")
    }
    #expect(try #require(Marker(#"extra == "a" and os_name == "posix""#)).variables == [.extra, .osName])
  }

  @Test func readsUntaggedBuildsOfPython() throws {
    let marker = try #require(Marker(#"python_full_version >= "3.13""#))
    #expect(marker.evaluate(["python_full_version": "3.13.0+"]))
    #expect(!marker.evaluate([:]))
  }

  @Test(arguments: [
    ("", 0, "the marker ends too early"), ("python_versoin > '3'", 0, "'python_versoin' is no marker variable"),
    ("python_version >= 3.8", 18, "'3.8' needs quotes"), ("python_version = '3'", 15, "'=' is no marker operator"),
    ("python_version '3'", 15, "a marker operator is missing"),
    ("python_version > '3", 17, "the quote is never closed"),
    ("(os_name == 'a'", 0, "the parenthesis '(' is never closed"),
    ("os_name == 'a' extra == 'b'", 15, "'extra' is not understood after the marker"),
    ("os_name not 'a'", 8, "'not' must be followed by 'in'"), ("os_name == 'a' and", 18, "the marker ends too early"),
    ("os_name", 7, "the marker ends too early"), ("% == 'a'", 0, "'%' is not understood in the marker"),
  ])
  func saysWhatIsWrong(text: String, offset: Int, message: String) {
    let problem = #expect(throws: RequirementParser.Problem.self) { try Marker(parsing: text) }
    #expect(problem?.message == message)
    #expect(problem?.offset == offset)
    #expect(Marker(text) == nil)
  }

  @Test func refusesEndlessNesting() {
    let text = String(repeating: "(", count: 100_000) + "os_name == 'a'"
    #expect(Marker(text) == nil)
  }

  @Test(.enabled(if: PythonOracle.isPresent, Comment(rawValue: PythonOracle.absence)))
  func evaluatesAsPythonDoes() throws {
    let extras = ["", "foo-bar", "test"]
    let machines: [[String: String]] = [
      [:], ["python_version": "3.9", "python_full_version": "3.9.2", "sys_platform": "win32", "os_name": "nt"],
      [
        "python_version": "3.13", "python_full_version": "3.13.0rc1", "platform_release": "5.4",
        "platform_machine": "arm64",
      ],
    ].map { Self.environment.merging($0) { _, new in new } }
    let keys = Self.environment.keys.sorted()
    let input =
      Self.samples + [""] + machines.map { machine in keys.map { "\($0)=\(machine[$0] ?? "")" }.joined(separator: "|") }
    let answers = try PythonOracle.run(
      """
      from packaging.markers import Marker
      at = lines.index("")
      machines = [dict(part.split("=", 1) for part in line.split("|")) for line in lines[at + 1:]]
      for line in lines[:at]:
        marker = Marker(line)
        results = [marker.evaluate({**m, "extra": e}) for m in machines for e in ["", "foo-bar", "test"]]
        print("".join("y" if result else "n" for result in results))
      """, input: input)
    try #require(answers.count == Self.samples.count)
    for (text, answer) in zip(Self.samples, answers) {
      let marker = try #require(Marker(text))
      let own = machines.flatMap { machine in
        extras.map { marker.evaluate(machine, extras: Set([PackageName($0)].compactMap { $0 })) ? "y" : "n" }
      }.joined()
      #expect(own == answer, "\(text)")
    }
  }
}
