import Testing

@testable import Manifests

@Suite struct YamlTests {
  private func parse(_ text: String) throws(YamlProblem) -> [YamlDocument] { try YamlDocument.parse(Array(text.utf8)) }

  /// A document in short: lists in brackets, mappings in braces.
  private func short(_ node: YamlNode) -> String {
    switch node.content {
    case .scalar(let scalar): scalar.text
    case .sequence(let nodes): "[\(nodes.map(short).joined(separator: ","))]"
    case .mapping(let mapping):
      "{\(mapping.entries.map { "\(short($0.key)):\(short($0.value))" }.joined(separator: ","))}"
    }
  }

  @Test(arguments: [
    ("a: [1, {b: c}]", "{a:[1,{b:c}]}"), ("a: &x [1]\nb: *x", "{a:[1],b:[1]}"),
    ("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3, r: 4}", "{a:{p:1,q:2},b:{p:1,q:3,r:4}}"),
    ("a: &x {p: 1}\nb: &y {p: 2, q: 3}\nc: {<<: [*x, *y]}", "{a:{p:1},b:{p:2,q:3},c:{p:1,q:3}}"),
    ("a: {\"<<\": 1}", "{a:{<<:1}}"), ("a: >-\n  x\n  y\n", "{a:x y}"), ("\u{FEFF}a: b", "{a:b}"),
    ("a:\r\n  b: c\r\n", "{a:{b:c}}"),
    ("a: 1\na: 2", "{a:2}"), ("x: &a 1\ny: &a 2\nz: *a", "{x:1,y:2,z:2}"),
  ])
  func readsTrees(text: String, expected: String) throws {
    let documents = try parse(text)
    #expect(documents.map { short($0.root) } == [expected])
  }

  @Test func readsSeveralDocuments() throws {
    #expect(try parse("a: 1\n---\n- b\n---\n...\n").map { short($0.root) } == ["{a:1}", "[b]", ""])
    #expect(try parse("").isEmpty)
    #expect(try parse("# only a comment\n").isEmpty)
  }

  @Test func keepsMarks() throws {
    let root = try #require(try parse("ä: [x,\n    yy]\n").first?.root)
    let list = try #require(root.mapping?["ä"]?.value)
    #expect(list.mark == YamlMark(line: 1, column: 4))
    #expect(list.end == YamlMark(line: 2, column: 8))
    #expect(list.sequence?.last?.mark == YamlMark(line: 2, column: 5))
  }

  @Test func notesDuplicates() throws {
    let mapping = try #require(try parse("a: 1\nb: 2\n'a': 3\n").first?.root.mapping)
    let expected = YamlMapping.Duplicate(
      key: "a", first: YamlMark(line: 1, column: 1), second: YamlMark(line: 3, column: 1))
    #expect(mapping.duplicates == [expected])
    // What stands twice in an anchor stands twice wherever that is merged.
    let merged = try #require(
      try parse("x: &x {a: 1, a: 2}\ny: {<<: *x, b: 1}\nz: {<<: [*x], c: 1}").first?.root.mapping)
    for key in ["y", "z"] {
      #expect(merged[key]?.value.mapping?.duplicates.map(\.key) == ["a"])
    }
  }

  /// What PyYAML's safe_load makes of the same texts.
  @Test(arguments: [
    ("yes", YamlKind.boolean(true)), ("Off", .boolean(false)), ("on", .boolean(true)), ("y", .text), ("~", .null),
    ("", .null),
    ("NULL", .null), ("nil", .text), ("12", .integer(12)), ("-1_000", .integer(-1000)), ("0o644", .text),
    ("0644", .integer(420)),
    ("0x1F", .integer(31)), ("0b101", .integer(5)), ("1:30", .integer(90)), ("-1:30", .integer(-90)), ("08", .text),
    ("3.10", .real), ("1e3", .text), ("1.0e+3", .real), (".5", .real), ("-.5", .text), (".inf", .real), (".nan", .real),
    ("1.2.3", .text),
    ("99999999999999999999", .integer(nil)), ("\"yes\"", .text), ("'1'", .text), ("!!str 1", .text), ("! 1", .text),
    ("!!int \"7\"", .integer(7)),
    ("!!bool no", .boolean(false)), ("!foo x", .foreign("!foo")), ("!!set {a}", .foreign("!!set")), ("[a]", .list),
    ("{a: b}", .mapping),
  ])
  func typesScalars(text: String, kind: YamlKind) throws {
    let value = try #require(try parse("k: \(text)\n").first?.root.mapping?["k"]?.value)
    #expect(value.kind == kind)
    if case .integer(let number) = kind { #expect(value.int == number) }
    if case .boolean(let flag) = kind { #expect(value.bool == flag) }
    if kind != .text { #expect(value.string == nil) }
  }

  @Test(arguments: [
    ("a: b: c", "1:5 this is not valid YAML: mapping values are not allowed in this context"),
    ("a: [1, 2", "1:4 this is not valid YAML: did not find expected ',' or ']'"),
    ("a:\n\t- b", "2:1 this is not valid YAML: found character that cannot start any token"),
    ("a: \"x", "1:6 this is not valid YAML: found unexpected end of stream"),
    ("a: *.b", "1:5 this is not valid YAML: did not find expected alphabetic or numeric character"),
    ("a: *x", "1:4 this alias names nothing: no anchor like it stands above"),
    ("a: &x [*x]", "1:8 this alias stands inside the node that it names"),
    ("a: &x 1\n---\nb: *x", "3:4 this alias names nothing: no anchor like it stands above"),
    ("a: {<<: 1}", "1:9 '<<' merges mappings, this is a number"),
    ("a: {<<: [x]}", "1:10 '<<' merges mappings, this is text"),
    ("ok: 1\na: b\u{7}", "2:5 a control character stands here"),
  ])
  func refuses(text: String, expected: String) throws {
    do throws(YamlProblem) {
      // What can be passed over is told beside what was read.
      if let mistake = try parse(text).first(where: { !$0.mistakes.isEmpty })?.mistakes.first { throw mistake }
      Issue.record("this was read: \(text)")
    } catch {
      #expect("\(error.mark.line):\(error.mark.column) \(error.message)" == expected)
      #expect(error.hint != nil)
    }
  }

  @Test func refusesWhatIsNotUTF8() throws {
    let bytes = Array("a: ü\nb: ".utf8) + [0xFC, 0x0A]
    let problem = try #require(throws: YamlProblem.self) { _ = try YamlDocument.parse(bytes) }
    #expect(problem.message == "the text is not UTF-8")
    #expect(problem.mark == YamlMark(line: 2, column: 4))
    let wide: [UInt8] = [0xFF, 0xFE] + "a: b".utf8.flatMap { [$0, 0] }
    #expect(throws: YamlProblem.self) { _ = try YamlDocument.parse(wide) }
  }

  @Test func boundsWhatAliasesMake() throws {
    var text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
    for level in 1...12 {
      text += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ","))]\n"
    }
    let problem = try #require(throws: YamlProblem.self) { _ = try parse(text) }
    #expect(problem.message == "aliases make this text larger than 100000 nodes")
    var merges = "a0: &a0 {k: v}\n"
    for level in 1...40 { merges += "a\(level): &a\(level) {k\(level): v, <<: [*a\(level - 1), *a\(level - 1)]}\n" }
    #expect(throws: YamlProblem.self) { _ = try parse(merges) }
  }

  /// What is wrong is gathered, but not without end; once for each place.
  @Test func boundsMistakes() throws {
    func list(_ count: Int) -> String { "a: [\(Array(repeating: "*x", count: count).joined(separator: ", "))]" }
    #expect(try parse(list(1_000)).first?.mistakes.count == 1_000)
    #expect(throws: YamlProblem.self) { _ = try parse(list(1_001)) }
    #expect(try parse("a: {<<: *x, b: {<<: [1, c]}}\n---\na: 1").map(\.mistakes.count) == [3, 0])
  }

  @Test func boundsDepth() throws {
    let flow = String(repeating: "[", count: 50_000)
    let problem = try #require(throws: YamlProblem.self) { _ = try parse(flow) }
    #expect(problem.message == "this is nested more than 100 levels deep")
    let chain = "a0: &a0 x\n" + (1...600).map { "a\($0): &a\($0) [*a\($0 - 1)]\n" }.joined()
    #expect(throws: YamlProblem.self) { _ = try parse(chain) }
  }

  @Test func oftenUsedAliasesAreFine() throws {
    let text = "a: &a {x: 1}\n" + (0..<2_000).map { "k\($0): *a\n" }.joined()
    #expect(try parse(text).first?.root.mapping?.entries.count == 2_001)
  }

  @Test(arguments: [
    ("500ms", 0.5), ("2s", 2), ("1m30s", 90), ("7d", 604_800), ("1h", 3_600), ("1d2h3m4s5ms", 93_784.005), ("0s", 0),
  ])
  func readsDurations(text: String, seconds: Double) throws {
    #expect(try DurationText.seconds(text) == seconds)
  }

  @Test(arguments: [
    ("", "'' is no duration"), ("5", "the duration '5' has no unit"), ("5x", "'x' is no unit of time"),
    ("s", "'s' is no duration"), ("-1s", "'-1s' is no duration"), ("30s1m", "the units of '30s1m' are not in order"),
    ("1s1s", "the units of '1s1s' are not in order"), ("1.5s", "'.' is no unit of time"),
    ("9999999999s", "'9999999999s' is no duration"),
  ])
  func refusesDurations(text: String, message: String) throws {
    let problem = try #require(throws: DurationText.Problem.self) { try DurationText.seconds(text) }
    #expect(problem.message == message)
  }
}
