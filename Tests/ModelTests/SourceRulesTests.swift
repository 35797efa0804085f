import Model
import Testing

@Suite struct SourceRulesTests {
  private func rules(allow: [String] = [], deny: [String] = []) -> SourceRules {
    SourceRules(layers: [.init(allow: allow.map { SourcePattern($0) }, deny: deny.map { SourcePattern($0) })])
  }

  @Test(arguments: [
    ("https://github.com/acme/*", "https://github.com/acme/r.git", true),
    ("https://github.com/acme/*", "https://github.com/acme", true),
    ("https://github.com/acme/*", "https://github.com/acmeist/r.git", false),
    ("https://github.com/acme/r", "https://github.com/acme/r.git", true),
    ("https://github.com/acme/r.git", "https://github.com/acme/r/", true),
    ("https://github.com/acme/*", "https://GitHub.com:443/acme/r", true),
    ("https://github.com/acme/*", "https://github.com:8443/acme/r", false),
    ("https://github.com:8443/acme/*", "https://github.com:8443/acme/r", true),
    ("https://github.com/acme/*", "http://github.com/acme/r", false),
    ("https://github.com/acme/*", "https://github.com/acme/../evil/r", false),
    ("https://github.com/acme/*", "https://github.com/acme/%2e%2e/evil/r", false),
    ("https://github.com/acme/*", "https://github.com/acme%2Fr", false),
    ("https://github.com/acme/*", "https://github.com//acme/r", false),
    ("https://github.com/acme/*", "https://github.com/Acme/r", false),
    ("https://github.com/acme/*", "https://user@github.com/acme/r", true),
    ("https://github.com/acme/*", "https://github.com@evil.example/acme/r", false),
    ("https://github.com/acme/*", "https://evil.example/https://github.com/acme/r", false),
    ("https://*.example.com/*", "https://p.example.com/simple", true),
    ("https://*.example.com/*", "https://evil.example/x.example.com/simple", false),
    ("https://*.example.com/*", "https://evil.example#.example.com/simple", false),
    ("https://*.example.com/*", "https://evil.example?.example.com/simple", false),
    ("https://p.example.com", "https://p.example.com/", true),
    ("https://p.example.com", "https://p.example.com/x", false),
    ("*://github.com/*", "ssh://github.com/acme/r.git", true), ("file:///srv/*", "file:///srv/git/r.git", true),
    ("https://github.com/acme/*", "https://github.com./acme/r", true),
    ("https://github.com./acme/*", "https://github.com:443/acme/r", true),
    ("file:///srv/*", "file:///etc/r.git", false), ("https://[::1]/*", "https://[::1]:443/r", true),
  ])
  func allowsURLs(pattern: String, url: String, expected: Bool) {
    #expect((rules(allow: [pattern]).refusal(of: url, isGit: true) == nil) == expected)
  }

  /// What is forbidden is so in every spelling.
  @Test(arguments: [
    "https://evil.example/acme/r.git", "https://EVIL.example/acme/r", "https://evil.example:8443/acme/r",
    "https://evil.example//acme/r", "https://evil.example/x/../acme/r", "https://evil.example/%61cme/r",
    "https://evil.example./acme/r", "https://evil.example.:8443/acme/r", "https://EVIL.example./acme",
    "https://evil.example/ACME/r", "https://token@evil.example/acme/r", "https://evil.example/acme",
  ])
  func deniesURLs(url: String) {
    #expect(rules(deny: ["https://evil.example/acme/*"]).refusal(of: url, isGit: false) != nil)
    #expect(rules(deny: ["https://evil.example/acme/*"]).refusal(of: url, isGit: true) != nil)
    #expect(rules(deny: ["git+https://evil.example/acme/*"]).refusal(of: url, isGit: true) != nil)
    #expect(rules(deny: ["git+https://evil.example/acme/*"]).refusal(of: url, isGit: false) == nil)
  }

  @Test func patternsRestrictTheirOwnKind() throws {
    let name = try #require(PackageName("requests"))
    let url = "https://p.example.com/simple"
    let byName = rules(allow: ["acme-*"])
    #expect(byName.refusal(of: name) != nil && byName.refusal(of: url, isGit: false) == nil)
    let byURL = rules(allow: ["https://other.example.com/*"])
    #expect(byURL.refusal(of: name) == nil && byURL.refusal(of: url, isGit: false) != nil)
    #expect(byURL.refusal(of: url, isGit: true) != nil)
    // What is said of git leaves indexes alone.
    let byGit = rules(allow: ["git+https://github.com/acme/*"])
    #expect(byGit.refusal(of: url, isGit: false) == nil && byGit.refusal(of: url, isGit: true) != nil)
    #expect(rules(allow: ["requests"], deny: ["req*"]).refusal(of: name) == .denied(by: SourcePattern("req*")))
    #expect(SourceRules().refusal(of: name) == nil)
  }

  @Test func everyLayerCounts() throws {
    let name = try #require(PackageName("acme-core"))
    var rules = rules(allow: ["acme-*"])
    #expect(rules.refusal(of: name) == nil)
    rules.layers.append(.init(allow: [SourcePattern("other-*")]))
    #expect(rules.refusal(of: name) == .notAllowed(among: [SourcePattern("other-*")]))
  }
}
