import Model
import Testing

@Suite struct GlobTests {
  @Test(arguments: [
    ("", "", true), ("", "a", false), ("a", "a", true), ("a", "A", false), ("*", "", true), ("*", "a/b", true),
    ("a*", "a", true), ("a*", "ba", false), ("*a", "bba", true), ("a*b*c", "a-b-b-c", true), ("a*b*c", "acb", false),
    ("a?c", "abc", true), ("a?c", "ac", false), ("**", "x", true), ("a.b", "axb", false), ("größe*", "größer", true),
  ])
  func matchesWholeTexts(pattern: String, text: String, expected: Bool) {
    #expect(Glob(pattern).matches(text) == expected)
  }

  @Test(arguments: [
    ("/run/*", "/run/a", true), ("/run/*", "/run/a/b", false), ("/run/**", "/run/a/b", true),
    ("/run/?", "/run//", false),
    ("/**/t", "/a/b/t", true), ("/run/*/t", "/run/a/t", true), ("/run/*", "/run/", true),
  ])
  func staysWithinAComponent(pattern: String, path: String, expected: Bool) {
    #expect(Glob(pattern).matches(path: path) == expected)
  }

  @Test func normalisesNames() throws {
    let name = try #require(PackageName("Acme.Core"))
    for pattern in ["acme-core", "Acme_*", "ACME.c?re", "acme-._core"] { #expect(Glob(pattern).matches(name)) }
    #expect(!Glob("acme").matches(name))
  }

  /// A pattern that makes naive matchers take exponential time ends at once.
  @Test func takesNoLongForHostilePatterns() {
    let text = String(repeating: "a", count: 2_000)
    #expect(!Glob(String(repeating: "a*", count: 200) + "b").matches(text))
  }
}

@Suite struct UTCTimeTests {
  /// Python: `datetime.fromisoformat(text).timestamp()`; a date alone is the end of its day.
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("1970-01-01", 86_400), ("2026-01-31T12:30:15Z", 1_769_862_615),
    ("2026-01-31T12:30:15.999Z", 1_769_862_615), ("2026-01-31 12:30:15+02:00", 1_769_855_415),
    ("2026-01-31t12:30:15-05:30", 1_769_882_415), ("2000-02-29T00:00:00Z", 951_782_400),
    ("1969-12-31T23:59:59Z", -1), ("1900-03-01T00:00:00Z", -2_203_891_200),
  ])
  func readsMoments(text: String, seconds: Int) {
    #expect(UTCTime.seconds(text) == seconds)
    if text.hasSuffix("Z"), !text.contains(".") { #expect(UTCTime.text(seconds) == text) }
  }

  @Test(arguments: [
    "", "2026", "2026-1-31", "2026-13-01", "2026-02-29", "2100-02-29", "2026-01-32", "2026-01-31T", "2026-01-31T12:30Z",
    "2026-01-31T24:00:00Z", "2026-01-31T12:30:15", "2026-01-31T12:30:15ZZ", "2026-01-31T12:30:15+2", "2026-01-31x",
    "2026-01-31T12:30:15.Z", "７026-01-31",
  ])
  func refusesOtherTexts(text: String) { #expect(UTCTime.seconds(text) == nil) }

  @Test func writesEveryDay() {
    for day in stride(from: -719_000, to: 800_000, by: 37) {
      let seconds = day * 86_400 + 3_661
      let text = UTCTime.text(seconds)
      #expect(UTCTime.seconds(text) == seconds)
    }
  }
}
