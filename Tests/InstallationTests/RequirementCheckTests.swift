internal import Installation
internal import Model
internal import Platform
internal import TestSupport
internal import Testing

/// What distributions require of each other, beside what `pip check` says of the same.
@Suite struct RequirementCheckTests {
  /// Distributions that are installed together, and what is said: by pip, where that differs from what Pinion says.
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Name, version and lines of METADATA.
    var present: [(name: String, version: String, lines: [String])]
    /// `A 1.0 requires B, which is not installed` and the like, in pip's words.
    var said: [String] = []
    /// What Pinion says besides.
    var more: [String] = []
    /// What a module asks for with extras.
    var extras: [String: [String]] = [:]
  }

  private static func needs(_ words: String...) -> [String] { words.map { "Requires-Dist: \($0)" } }

  static let cases: [Case] = [
    Case(testDescription: "nothing is required", present: [("a", "1", []), ("b", "1", [])]),
    Case(testDescription: "what is required is there", present: [("a", "1", needs("b>=1,<2")), ("b", "1.5", [])]),
    Case(testDescription: "absent", present: [("a", "1", needs("b"))], said: ["a 1 b absent"]),
    Case(testDescription: "absent, in a range", present: [("a", "1.0", needs("b<2,>1"))], said: ["a 1.0 b absent"]),
    Case(
      testDescription: "too old", present: [("a", "1", needs("b>=2")), ("b", "1.9", [])], said: ["a 1 b 1.9"]),
    Case(
      testDescription: "too new", present: [("a", "1", needs("b<2")), ("b", "2.0", [])], said: ["a 1 b 2.0"]),
    Case(testDescription: "not that one", present: [("a", "1", needs("b!=2.0")), ("b", "2", [])], said: ["a 1 b 2"]),
    Case(testDescription: "just that one", present: [("a", "1", needs("b===2.0")), ("b", "2.0", [])]),
    Case(
      testDescription: "arbitrary equality", present: [("a", "1", needs("b===2.0")), ("b", "2.0.0", [])],
      said: ["a 1 b 2.0.0"]),
    Case(testDescription: "compatible", present: [("a", "1", needs("b~=1.4.2")), ("b", "1.4.9", [])]),
    Case(
      testDescription: "not compatible", present: [("a", "1", needs("b~=1.4.2")), ("b", "1.5", [])],
      said: ["a 1 b 1.5"]),
    Case(testDescription: "any of a series", present: [("a", "1", needs("b==1.*")), ("b", "1.99", [])]),
    Case(testDescription: "a pre-release", present: [("a", "1", needs("b>=1")), ("b", "2.0rc1", [])]),
    Case(
      testDescription: "a pre-release of the bound", present: [("a", "1", needs("b>=2")), ("b", "2.0rc1", [])],
      said: ["a 1 b 2.0rc1"]),
    Case(testDescription: "a development release", present: [("a", "1", needs("b<2")), ("b", "1.0.dev3", [])]),
    Case(testDescription: "a local version", present: [("a", "1", needs("b==1.0")), ("b", "1.0+cu121", [])]),
    Case(
      testDescription: "a post-release above", present: [("a", "1", needs("b>1.0")), ("b", "1.0.post1", [])],
      said: ["a 1 b 1.0.post1"]),
    Case(testDescription: "an epoch", present: [("a", "1", needs("b>=1")), ("b", "1!0.1", [])]),
    Case(testDescription: "names are normalised", present: [("A_x", "1", needs("B.Y>=1")), ("b-y", "1", [])]),
    Case(testDescription: "a marker that does not hold", present: [("a", "1", needs("b; sys_platform == 'win32'"))]),
    Case(
      testDescription: "a marker that holds", present: [("a", "1", needs("b; sys_platform == 'linux'"))],
      said: ["a 1 b absent"]),
    Case(
      testDescription: "a marker on the Python",
      present: [("a", "1", needs("b; python_version < '3'", "c>=2; python_version >= '3'")), ("c", "1", [])],
      said: ["a 1 c 1"]),
    Case(
      testDescription: "a marker on the full version",
      present: [("a", "1", needs("b; python_full_version >= '3.0.0'"))], said: ["a 1 b absent"]),
    Case(
      testDescription: "markers that are joined",
      present: [
        ("a", "1", needs("b; os_name == 'posix' and (python_version < '3' or implementation_name == 'cpython')"))
      ],
      said: ["a 1 b absent"]),
    Case(testDescription: "an extra that nobody asks for", present: [("a", "1", needs("b; extra == 'x'"))]),
    Case(
      testDescription: "an extra that a module asks for", present: [("a", "1", needs("b; extra == 'x'"))],
      more: ["a 1 b absent"], extras: ["a": ["x"]]),
    Case(
      testDescription: "an extra that another asks for",
      present: [("a", "1", needs("b[y]")), ("b", "1", needs("c>=2; extra == 'y'")), ("c", "1", [])],
      more: ["b 1 c 1"]),
    Case(
      testDescription: "an extra by way of itself",
      present: [("a", "1", needs("a[x]; extra == 'all'", "b; extra == 'x'"))], more: ["a 1 b absent"],
      extras: ["a": ["all"]]),
    Case(
      testDescription: "a direct reference",
      present: [("a", "1", needs("b @ https://example.com/b-2.zip")), ("b", "1", [])]
    ),
    Case(
      testDescription: "a direct reference that is absent",
      present: [("a", "1", needs("b @ https://example.com/b.zip"))],
      said: ["a 1 b absent"]),
    Case(
      testDescription: "several who disagree",
      present: [("a", "1", needs("c<2")), ("b", "1", needs("c>=2")), ("c", "2", [])], said: ["a 1 c 2"]),
    Case(
      testDescription: "a circle", present: [("a", "1", needs("b>=1")), ("b", "1", needs("a>=2"))], said: ["b 1 a 1"]),
    Case(
      testDescription: "another Python", present: [("a", "1", ["Requires-Python: <3"])], more: ["a 1 python"]),
    Case(testDescription: "this Python", present: [("a", "1", ["Requires-Python: >=3.5"])]),
    Case(
      testDescription: "brackets, as they were written long ago",
      present: [("a", "1", needs("b (>=2)")), ("b", "1", [])],
      said: ["a 1 b 1"]),
  ]

  private static func metadata(_ entry: (name: String, version: String, lines: [String]), _ prefix: String = "")
    -> String
  {
    let lines = entry.lines.map { line -> String in
      guard line.hasPrefix("Requires-Dist: ") else { return line }
      return "Requires-Dist: " + prefix + line.dropFirst("Requires-Dist: ".count)
    }
    return "Metadata-Version: 2.1\nName: \(prefix)\(entry.name)\nVersion: \(entry.version)\n"
      + lines.map { "\($0)\n" }.joined()
  }

  private static func text(_ problem: RequirementCheck.Problem) -> String {
    switch problem.kind {
    case .missing(let name, _): "\(problem.distribution) \(problem.version) \(name) absent"
    case .unfit(let name, _, let present): "\(problem.distribution) \(problem.version) \(name) \(present)"
    case .python: "\(problem.distribution) \(problem.version) python"
    }
  }

  private static let markers: [String: String] = [
    "os_name": "posix", "sys_platform": "linux", "python_version": "3.11", "python_full_version": "3.11.7",
    "implementation_name": "cpython",
  ]

  @Test(arguments: cases) func problemsAreFound(_ example: Case) throws {
    let present = try example.present.map {
      RequirementCheck.Present(try #require(DistributionMetadata(Self.metadata($0))))
    }
    let roots = example.extras.compactMap { name, extras in
      PackageName(name).map { (name: $0, extras: extras.compactMap { PackageName($0) }) }
    }
    let check = RequirementCheck(present, roots: roots, markers: Self.markers, python: "3.11.7")
    #expect(check.problems.map(Self.text).sorted() == (example.said + example.more).sorted())
  }

  /// All cases in one environment, each with names of its own; extras and `Requires-Python` are what pip does not look at.
  @Test(.enabled(if: PythonTools.shared?.python != nil, "\(PythonTools.absence)"))
  func pipCheckSaysTheSame() async throws {
    let python = try #require(try PythonTools.required().python)
    try await TemporaryDirectory.with { directory in
      for (index, example) in Self.cases.enumerated() {
        for entry in example.present {
          let name = entry.name.replacing("-", with: "_")
          let stem = "case\(index)_\(name)-\(entry.version)"
          try Files.makeDirectory("\(directory)/\(stem).dist-info")
          try Files.write(Self.metadata(entry, "case\(index)-"), to: "\(directory)/\(stem).dist-info/METADATA")
        }
      }
      let result = try await ChildProcess.run(
        python, ["-m", "pip", "check", "--disable-pip-version-check"],
        environment: ["PATH": "/usr/bin:/bin", "PYTHONPATH": directory, "HOME": directory], deadline: 120)
      #expect(result.status == 1, "\(result.errorOutput)")
      var found: [Int: [String]] = [:]
      for line in result.output.split(separator: "\n") where line.hasPrefix("case") {
        let words = line.split(separator: " ").map(String.init)
        guard let index = Int(words[0].drop { !$0.isNumber }.prefix(while: \.isNumber)) else { continue }
        func own(_ name: String) -> String {
          String(name.lowercased().replacing("_", with: "-").replacing(".", with: "-").dropFirst("case\(index)-".count))
        }
        // `a 1 requires b, which is not installed.` and `a 1 has requirement b>=2, but you have b 1.`
        if line.hasSuffix("which is not installed.") {
          found[index, default: []].append("\(own(words[0])) \(words[1]) \(own(String(words[3].dropLast()))) absent")
        } else {
          let present = words.suffix(2)
          found[index, default: []].append(
            "\(own(words[0])) \(words[1]) \(own(present.first ?? "")) \((present.last ?? "").dropLast())")
        }
      }
      for (index, example) in Self.cases.enumerated() {
        #expect((found[index] ?? []).sorted() == example.said.sorted(), "\(example.testDescription)")
      }
    }
  }

  private func present(_ name: String, _ version: String, _ lines: [String] = [], isInBase: Bool = false) throws
    -> RequirementCheck.Present
  {
    .init(try #require(DistributionMetadata(Self.metadata((name, version, lines)))), isInBase: isInBase)
  }

  @Test func whatIsOverriddenAndWhatIsWithoutItsNeedsIsNoProblem() throws {
    let (a, b, c) = (try #require(PackageName("a")), try #require(PackageName("b")), try #require(PackageName("c")))
    var check = RequirementCheck(
      [try present("a", "1", Self.needs("b>=2", "c")), try present("b", "1")], markers: Self.markers, python: "3.11.7")
    #expect(check.problems.map(Self.text) == ["a 1 b 1", "a 1 c absent"])
    check.overridden = [b, c]
    #expect(check.problems == [.init(a, "1", .missing(c, .any))])
    check.withoutNeeds = [a]
    #expect(check.problems.isEmpty)
  }

  @Test func theBaseAnswersAndIsNotJudgedByItself() throws {
    let base = [
      try present("old", "1", Self.needs("absent", "shared<2"), isInBase: true),
      try present("shared", "1", isInBase: true),
      try present("legacy", "1", ["Requires-Python: <3"], isInBase: true),
    ]
    var check = RequirementCheck(
      base + [try present("a", "1", Self.needs("shared>=1", "old"))], markers: Self.markers, python: "3.11.7")
    #expect(check.problems.isEmpty)
    // What the generation puts before a distribution of the base has to do for the base, too.
    check.present.append(try present("shared", "2"))
    #expect(check.problems.map(Self.text) == ["old 1 shared 2"])
  }

  @Test func whatNoLockCanKnowIsADoubt() throws {
    let needs = Self.needs(
      "b; python_full_version >= '3.0'", "c; platform_release != ''", "d>=2; python_full_version >= '3'")
    let check = RequirementCheck(
      [try present("a", "1", needs), try present("d", "1")],
      markers: Self.markers.merging(["platform_release": "6.1.0-amd64"]) { $1 }, python: "3.11.7")
    #expect(check.problems.map(Self.text) == ["a 1 b absent", "a 1 c absent", "a 1 d 1"])
    #expect(check.problems.map(\.isForeseeable) == [false, false, true])
  }

  @Test func complaintsAreOnRecord() throws {
    let check = RequirementCheck(
      [
        try present(
          "alpha", "1.0",
          Self.needs("beta>=2", "gamma<3", "delta; python_full_version > '3'") + ["Requires-Python: >=3.12"]),
        try present("beta", "1.0"),
      ], markers: Self.markers, python: "3.11.7")
    var record = ComplaintRecord()
    let place = Place.source(SourceLocation(file: "pinion.yaml", line: 9, column: 5), excerpt: nil)
    for problem in check.problems {
      record.add("a distribution's requirement", [problem.complaint(askers: ["modules.a", "modules.b"], at: place)])
    }
    #expect(try record.isOnRecord(as: "requirement-complaints", beside: #filePath))
  }
}
