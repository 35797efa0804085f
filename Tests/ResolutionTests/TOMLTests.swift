import Platform
import TestSupport
import Testing

@testable import Resolution

@Suite("TOML, written and read")
struct TOMLTests {
  @Test(arguments: [
    "plain", "", "with \"quotes\" and \\ backslash", "tab\tline\nreturn\r", "\u{0}\u{1}\u{1F}\u{7F}",
    "ünïcödé 🐍 \u{10FFFF}",
    "'single'", "# no comment", "${VAR}",
  ])
  func textsComeBack(_ text: String) throws {
    var writer = TOMLWriter()
    writer.pair("key", text)
    writer.pair(text, .string("value"))
    let table = try TOMLDocument.parse(text == "key" ? "" : writer.text)
    #expect(table["key"]?.string == text)
    #expect(table[text]?.string == "value")
  }

  @Test func valuesComeBack() throws {
    var writer = TOMLWriter()
    writer.pair("number", .integer(-42))
    writer.pair("flag", .boolean(true))
    writer.pair("absent", nil)
    writer.list("list", [.table([("a", .string("b"))]), .array([.integer(1)])])
    writer.list("empty", [])
    writer.element("element")
    writer.pair("x", "1")
    writer.element("element")
    writer.pair("x", "2")
    writer.header("tool.own")
    writer.pair("nested", .table([]))
    let table = try TOMLDocument.parse(writer.text)
    #expect(table["number"]?.int == -42)
    #expect(table["flag"]?.bool == true)
    #expect(table["absent"] == nil)
    #expect(table["list"]?.array?.first?.table?["a"]?.string == "b")
    #expect(table["empty"]?.array?.isEmpty == true)
    #expect(table["element"]?.array?.compactMap { $0.table?["x"]?.string } == ["1", "2"])
    #expect(table["tool"]?.table?["own"]?.table?["nested"]?.table?.isEmpty == true)
  }

  @Test(arguments: [("a = ", 1), ("a = 1\nb = \"open", 2), ("a = 1\na = 2", 2), ("\n\n[x\n", 3), ("a = \u{1}", 1)])
  func whatIsWrongHasALine(_ text: String, _ line: Int) {
    let problem = #expect(throws: TOMLDocument.Problem.self) { try TOMLDocument.parse(text) }
    #expect(problem?.line == line)
    #expect(problem?.message.isEmpty == false)
  }

  @Test func whatIsWrittenIsWhatPythonReads() async throws {
    let python = try PythonTools.required().plainPython
    var writer = TOMLWriter()
    writer.pair("text", "a \"b\" \\ \u{1} é\n")
    writer.pair("odd key", .integer(7))
    let program = "import sys, tomllib; d = tomllib.loads(sys.stdin.read()); print(ascii(d))"
    let result = try await ChildProcess.run(
      python, ["-c", program], environment: ["LANG": "C.UTF-8"], input: writer.text, deadline: 60)
    #expect(result.output == "{'text': 'a \"b\" \\\\ \\x01 \\xe9\\n', 'odd key': 7}\n", "\(result.errorOutput)")
  }
}
