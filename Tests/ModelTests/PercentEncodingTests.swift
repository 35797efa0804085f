import Model
import Testing

@Suite struct PercentEncodingTests {
  @Test(
    arguments: [
      ("plain", "plain"), ("a%20b", "a b"), ("%C3%A9", "é"), ("%c3%a9", "é"), ("100%25", "100%"),
    ] as [(String, String)])
  func decodes(_ encoded: String, _ text: String) {
    #expect(encoded.percentDecoded == text)
  }

  @Test(arguments: ["%", "%2", "%zz", "%+1", "%-1", "%FF"])
  func refusesWhatIsBroken(_ text: String) {
    #expect(text.percentDecoded == nil)
  }

  @Test(arguments: ["/a b/c", "/ünicode/100%", "/plain-1.0+local.whl"])
  func roundTrips(_ path: String) {
    #expect(path.percentEncodedPath.percentDecoded == path)
    #expect(path.percentEncodedPath.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
  }
}
