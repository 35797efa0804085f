import FoundationEssentials
import Testing

@testable import Model

@Suite struct JSONNodeTests {
  private func node(_ text: String) -> JSONNode? { JSONNode(Array(text.utf8)) }

  @Test func readsEveryKindOfValue() throws {
    let text = #" {"a": [1, -0.5e+3, true, false, null, "x"], "b": {}, "c": [ ], "a": 2} "#
    let tree = try #require(node(text))
    #expect(
      tree["a"] == .array([.number("1"), .number("-0.5e+3"), .boolean(true), .boolean(false), .null, .string("x")]))
    #expect(tree["b"] == .object([]))
    #expect(tree["c"]?.array == [])
    #expect(tree["d"] == nil)
    #expect(node(#"{"a":null}"#)?["a"] == nil)
    #expect(node("18446744073709551615") == .number("18446744073709551615"))
    #expect(node("[\"a\",\"b\"]")?.strings == ["a", "b"])
    #expect(node("[\"a\",1]")?.strings == nil)
    #expect(node("1.5")?.integer == nil)
    #expect(node("-7")?.integer == -7)
  }

  @Test(arguments: [
    ("\"\"", ""), (#""a\"b\\c\/d""#, "a\"b\\c/d"), (#""\b\f\n\r\t""#, "\u{08}\u{0C}\n\r\t"),
    (#""\u00e9\u4E2D\ud83d\ude00""#, "é中😀"), ("\"é😀\\n\"", "é😀\n"),
  ])
  func readsTexts(_ text: String, _ meaning: String) {
    #expect(node(text)?.string == meaning)
  }

  @Test(arguments: [
    "", " ", "{", "[", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "01", "1.", ".5", "-", "1e", "+1",
    "tru",
    "nullx", "1 2", "\"a", "\"\n\"", #""\x""#, #""\u12""#, #""\ud83d""#, #""\ude00""#, #""\ud83dx""#, "'a'", "NaN",
  ])
  func refusesWhatIsNone(_ text: String) {
    #expect(node(text) == nil)
  }

  @Test func refusesWhatNestsTooDeep() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(node(nested(100)) != nil)
    #expect(node(nested(101)) == nil)
    #expect(node(String(repeating: "[", count: 100_000)) == nil)
  }

  @Test func readsWhatTheEncoderWrites() throws {
    let texts = (0..<0x250).compactMap { Unicode.Scalar(UInt32($0)).map { "x\($0)y" } } + ["\u{2028}", "👩‍💻", "a//b"]
    #expect(JSONNode(Array(try JSONEncoder().encode(texts)))?.strings == texts)
  }
}
