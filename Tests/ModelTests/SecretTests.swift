import Model
import Testing

@Suite struct SecretTests {
  @Test func redactsTheLongestFirst() {
    let secrets = SecretRegistry()
    secrets.add("token")
    secrets.add("token-and-more")
    #expect(secrets.redact("a token-and-more, a token.") == "a ****, a ****.")
  }

  /// Secrets that overlap leave no part of one behind, and many with one beginning are all found.
  @Test func redactsWhatOverlaps() {
    let secrets = SecretRegistry()
    for secret in ["abcdef", "defghijk", "ghp_1", "ghp_12", "ghp_3456789", "LOUD-one"] { secrets.add(secret) }
    #expect(secrets.redact("xabcdefghijkx") == "x****x")
    #expect(secrets.redact("ghp_1 ghp_12 ghp_3456789, ghp_9") == "**** **** ****, ghp_9")
    #expect(secrets.redact("é loud-one é LOUD-one") == "é **** é ****")
    #expect(secrets.redact("abcdefabcdef abc") == "******** abc")
  }

  @Test(arguments: [
    "links", "links.a", "links.a.b", "linksx.a", "a.b", "a.b.c", "a", "storage_x.s3", "x.tail", "", "b.c",
  ])
  func manyPatternsMatchAsEachAlone(path: String) {
    let patterns = ["links.*", "a.b", "storage*.*", "*.tail", "b..c", "q.*.z"]
    #expect(ImportPatterns(patterns).match(path) == patterns.contains { ImportPattern.matches(path, pattern: $0) })
  }

  @Test func passesOverWhatIsTooShortToBeASecret() {
    let secrets = SecretRegistry()
    secrets.add("a")
    secrets.add("")
    #expect(secrets.redact("a banana") == "a banana")
  }

  @Test func templatesResolveLateAndPrintNothing() throws {
    let place = SourceLocation(file: "config.yml", line: 3, column: 9)
    let template = Template([.literal("prefix-"), .variable("TOKEN", place)])
    #expect("\(template)" == "****${TOKEN}")
    #expect(try template.resolved(with: Variables(["TOKEN": "abc"])) == "prefix-abc")
    let error = try #require(throws: Failure.self) { try template.resolved(with: Variables(["TOKEN": ""])) }
    #expect(error.diagnostics[0].place == .source(place, excerpt: nil))
  }

  @Test func urlsAndCredentialsPrintNoSecret() {
    let info = UserInfo(username: Template(literal: "user"), password: Template(literal: "hunter22"))
    let url = RemoteURL(scheme: "https", host: "git.example.com", port: 8443, path: "/a.git", userInfo: info)
    #expect("\(url)" == "https://git.example.com:8443/a.git")
    #expect(
      "\(GitSource(url: url, reference: "main", subdirectory: "x"))"
        == "git+https://git.example.com:8443/a.git@main#subdirectory=x")
    #expect("\(Credentials(username: "user", password: "hunter22"))" == "****")
  }

  @Test(arguments: [
    ("links.main", "links.*", true), ("links", "links.*", true), ("linksx.main", "links.*", false),
    ("links.a.b", "links.*", true), ("a.b", "a.b", true), ("a.b.c", "a.b", false), ("storage_x.s3", "storage*.*", true),
    ("a.middle.c", "a.m*e.c", true), ("a", "*", true), ("a", "b", false),
  ])
  func matchesImportPaths(_ path: String, _ pattern: String, _ fits: Bool) {
    #expect(ImportPattern.matches(path, pattern: pattern) == fits)
  }
}
