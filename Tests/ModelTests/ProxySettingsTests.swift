import Model
import Testing

@Suite struct ProxySettingsTests {
  private func proxy(_ variables: [String: String], _ scheme: String, _ host: String, _ port: Int? = nil) throws
    -> String?
  {
    try ProxySettings(variables: variables).proxy(scheme: scheme, host: host, port: port)?.description
  }

  @Test func eachSchemeHasItsOwnVariable() throws {
    let both = ["HTTP_PROXY": "http://one.example.com:1", "HTTPS_PROXY": "http://two.example.com:2"]
    #expect(try proxy(both, "http", "example.org") == "http://one.example.com:1")
    #expect(try proxy(both, "https", "example.org") == "http://two.example.com:2")
    #expect(try proxy(both, "file", "") == nil)
    #expect(try proxy(["HTTP_PROXY": "http://one.example.com:1"], "https", "example.org") == nil)
    #expect(try proxy([:], "https", "example.org") == nil)
    #expect(try proxy(["https_proxy": "", "HTTPS_PROXY": ""], "https", "example.org") == nil)
  }

  @Test func oneVariableMayStandForAll() throws {
    let all = ["ALL_PROXY": "http://one.example.com:1", "no_proxy": "a.example.org"]
    #expect(try proxy(all, "http", "example.org") == "http://one.example.com:1")
    #expect(try proxy(all, "https", "example.org") == "http://one.example.com:1")
    #expect(try proxy(all, "https", "a.example.org") == nil)
    let both = all.merging(["https_proxy": "http://two.example.com:2"]) { $1 }
    #expect(try proxy(both, "https", "example.org") == "http://two.example.com:2")
    #expect(ProxySettings(variables: all).goesStraight(host: "a.example.org", port: 443))
    #expect(!ProxySettings(variables: all).goesStraight(host: "example.org", port: 443))
  }

  @Test func lowerCaseRules() throws {
    let variables = [
      "https_proxy": "http://lower.example.com:1", "HTTPS_PROXY": "http://upper.example.com:2",
      "no_proxy": "a.example.org", "NO_PROXY": "b.example.org",
    ]
    #expect(try proxy(variables, "https", "b.example.org") == "http://lower.example.com:1")
    #expect(try proxy(variables, "https", "a.example.org") == nil)
    // An empty one counts as unset.
    #expect(
      try proxy(variables.merging(["https_proxy": ""]) { $1 }, "https", "x.example.org") == "http://upper.example.com:2"
    )
  }

  @Test func aRequestHeaderIsNoSetting() throws {
    let variables = ["HTTP_PROXY": "http://evil.example.com:1", "REQUEST_METHOD": "GET"]
    #expect(try proxy(variables, "http", "example.org") == nil)
    #expect(
      try proxy(variables.merging(["http_proxy": "http://good.example.com:1"]) { $1 }, "http", "example.org")
        == "http://good.example.com:1")
  }

  @Test(arguments: [
    ("*", "example.org", 443, true), ("example.org", "example.org", 443, true),
    ("example.org", "EXAMPLE.org", 443, true), ("example.org", "www.example.org", 443, true),
    (".example.org", "example.org", 443, true), ("*.example.org", "a.b.example.org", 443, true),
    ("example.org", "notexample.org", 443, false), ("ample.org", "example.org", 443, false),
    ("a.test, example.org ,b.test", "example.org", 443, true), ("a.test example.org", "example.org", 443, true),
    ("example.org:8443", "example.org", 8443, true), ("example.org:8443", "example.org", 443, false),
    ("127.0.0.1", "127.0.0.1", 80, true), ("127.0.0.1", "127.0.0.2", 80, false),
    ("127.0.0.1:81", "127.0.0.1", 80, false), ("127.0.0.0/8", "127.9.9.9", 80, true),
    ("10.0.0.0/9", "10.127.0.1", 80, true), ("10.0.0.0/9", "10.128.0.1", 80, false),
    ("0.0.0.0/0", "192.0.2.1", 80, true), ("0.0.0.0/0", "[2001:db8::1]", 80, false),
    ("2001:db8::/33", "[2001:db8:7fff::1]", 80, true), ("2001:db8::/33", "[2001:db8:8000::1]", 80, false),
    ("::1", "[::1]", 80, true), ("[::1]:80", "[::1]", 80, true), ("[::1]:80", "[::1]", 81, false),
    ("localhost", "localhost", 80, true), ("localhost", "127.0.0.1", 80, false),
    ("10.0.0.0/x", "10.0.0.1", 80, false), ("10.0.0.0/99", "10.0.0.1", 80, false), (",, ", "example.org", 80, false),
  ])
  func exceptions(_ list: String, _ host: String, _ port: Int, _ isException: Bool) throws {
    let variables = ["https_proxy": "http://proxy.example.com:3128", "NO_PROXY": list]
    #expect(try (proxy(variables, "https", host, port) == nil) == isException)
  }

  /// As with curl, pip and uv.
  @Test(arguments: ["localhost", "127.0.0.1", "[::1]"]) func loopbackIsNoExceptionByItself(_ host: String) throws {
    #expect(try proxy(["http_proxy": "proxy.example.com"], "http", host) == "http://proxy.example.com:80")
  }

  @Test(arguments: [
    ("http://proxy.example.com:3128", "http://proxy.example.com:3128", nil),
    ("proxy.example.com:3128/", "http://proxy.example.com:3128", nil),
    ("http://[2001:db8::1]:3128", "http://[2001:db8::1]:3128", nil),
    ("http://us%40er:p%3Ass@proxy.example.com", "http://proxy.example.com:80", "us@er p:ss"),
    ("token@proxy.example.com:1", "http://proxy.example.com:1", "token "),
    ("token:@proxy.example.com:1", "http://proxy.example.com:1", "token "),
  ])
  func addresses(_ text: String, _ address: String, _ credentials: String?) throws {
    let settings = ProxySettings(variables: ["HTTPS_PROXY": text])
    let found = try #require(try settings.proxy(scheme: "https", host: "example.org", port: nil))
    #expect(found.description == address)
    #expect(found.credentials.map { "\($0.username) \($0.password)" } == credentials)
    // A user name beside a password is no secret.
    #expect(settings.secrets == (credentials?.split(separator: " ").last).map { [String($0)] } ?? [])
  }

  @Test(arguments: [
    "https://user:s3cret@proxy.example.com:1", "socks5://user:s3cret@proxy.example.com", "http://user:s3cret@",
    "http://user:s3cret@proxy.example.com:none", "http://user:s3cret@proxy.example.com:99999", "http://",
  ])
  func whatCannotBeUsedIsSaidWhenItIsNeeded(_ text: String) throws {
    let settings = ProxySettings(variables: ["https_proxy": text, "no_proxy": "inner.example.org"])
    #expect(try settings.proxy(scheme: "https", host: "inner.example.org", port: nil) == nil)
    let failure = #expect(throws: Failure.self) {
      _ = try settings.proxy(scheme: "https", host: "example.org", port: nil)
    }
    let complaint = try #require(failure?.diagnostics.first)
    #expect(complaint.hint?.contains("HTTPS_PROXY") == true && complaint.hint?.contains("NO_PROXY") == true)
    #expect(!"\(complaint)".contains("s3cret"))
  }
}
