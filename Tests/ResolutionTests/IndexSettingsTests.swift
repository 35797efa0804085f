import Model
import Platform
import TestSupport
import Testing

@testable import Resolution

@Suite("Settings of pip and uv")
struct IndexSettingsTests {
  @Test(arguments: [
    ("[global]\nindex-url = https://a.example.com/simple\n", "https://a.example.com/simple", nil),
    (
      "[global]\nindex-url=https://a.example.com\n[install]\nindex-url: https://b.example.com\n",
      "https://b.example.com", nil
    ),
    (
      "# x\n[global]\n; y\nextra-index-url =\n  https://a.example.com\n  https://b.example.com\n", nil,
      " https://a.example.com https://b.example.com"
    ),
    ("[freeze]\nindex-url = https://a.example.com\n", nil, nil), ("index-url = x\n", nil, nil), ("", nil, nil),
    ("[global\nx", nil, nil),
  ])
  func pipConfiguration(_ text: String, _ index: String?, _ extra: String?) {
    let found = IndexSettings.pipSettings(text)
    #expect(found.index == index)
    #expect(found.extra?.split(separator: " ") == extra?.split(separator: " "))
  }

  /// Variables, files below HOME, and the URLs that come of them in order.
  static let cases: [(variables: [String: String], files: [String: String], urls: [String])] = [
    ([:], [:], []),
    (
      ["UV_DEFAULT_INDEX": "https://u.example.com/simple", "PIP_INDEX_URL": "https://p.example.com/simple"], [:],
      ["https://u.example.com/simple"]
    ),
    (
      [
        "PIP_INDEX_URL": "https://p.example.com/simple",
        "PIP_EXTRA_INDEX_URL": "https://q.example.com https://r.example.com:8443/x",
      ],
      [:], ["https://p.example.com/simple", "https://q.example.com", "https://r.example.com:8443/x"]
    ),
    (
      ["UV_INDEX": "own=https://o.example.com/simple", "UV_DEFAULT_INDEX": "https://u.example.com"], [:],
      ["https://o.example.com/simple", "https://u.example.com"]
    ),
    (
      [:],
      [
        ".config/uv/uv.toml":
          "index-url = \"https://u.example.com/simple\"\nextra-index-url = [\"https://v.example.com\"]\n"
      ],
      ["https://v.example.com", "https://u.example.com/simple"]
    ),
    (
      [:],
      [
        ".config/uv/uv.toml":
          "[[index]]\nurl = \"https://v.example.com\"\n[[index]]\nurl = \"https://u.example.com\"\ndefault = true\n"
      ],
      ["https://v.example.com", "https://u.example.com"]
    ),
    (
      [:], [".config/pip/pip.conf": "[global]\nindex-url = https://p.example.com/simple\n"],
      ["https://p.example.com/simple"]
    ),
    ([:], [".pip/pip.conf": "[global]\nindex-url = https://p.example.com/simple\n"], ["https://p.example.com/simple"]),
    (
      ["PIP_INDEX_URL": "https://p.example.com"], [".config/uv/uv.toml": "index-url = \"https://u.example.com\""],
      ["https://p.example.com"]
    ),
    // What is named besides a default index does not take its place.
    (["PIP_EXTRA_INDEX_URL": "https://q.example.com"], [:], ["https://q.example.com", "and the tools' own"]),
    (["UV_INDEX": "https://q.example.com"], [:], ["https://q.example.com", "and the tools' own"]),
    (
      [:], [".config/pip/pip.conf": "[global]\nextra-index-url = https://q.example.com\n"],
      ["https://q.example.com", "and the tools' own"]
    ),
    (
      ["PIP_EXTRA_INDEX_URL": "https://q.example.com"],
      [".config/pip/pip.conf": "[global]\nindex-url = https://p.example.com\n"],
      ["https://p.example.com", "https://q.example.com"]
    ),
    (
      ["UV_INDEX": "https://q.example.com"],
      [
        ".config/uv/uv.toml": "index-url = \"https://u.example.com\"",
        ".config/pip/pip.conf": "[global]\nindex-url = https://p.example.com\n",
      ], ["https://q.example.com", "https://u.example.com"]
    ),
    (["UV_DEFAULT_INDEX": "", "PIP_INDEX_URL": "https://p.example.com"], [:], ["https://p.example.com"]),
  ]

  @Test(arguments: cases.indices) func configured(_ number: Int) async throws {
    let (variables, files, urls) = Self.cases[number]
    try await TemporaryDirectory.with { home in
      for (file, text) in files {
        try Files.makeDirectory("\(home)/\(file)".parentPath)
        try Files.write(text, to: "\(home)/\(file)")
      }
      // Nothing of this machine's own may come in.
      let all = variables.merging(["HOME": home, "PIP_CONFIG_FILE": "\(home)/none"]) { $1 }
      let settings = IndexSettings(variables: all, secrets: SecretRegistry())
      let configured = try settings.configured()
      var found = configured.indexes.map(\.url.description)
      if !configured.hasDefault, !found.isEmpty { found.append("and the tools' own") }
      let isOpen = urls.isEmpty || urls.last == "and the tools' own"
      let isFromMachine = isOpen && (Files.exists("/etc/pip.conf") || Files.exists("/etc/uv/uv.toml"))
      #expect(isFromMachine || found == urls)
    }
  }

  @Test func settingsThatCannotBeReadAreNotPassedOver() async throws {
    try await TemporaryDirectory.with { home in
      try Files.makeDirectory("\(home)/.config/uv")
      try Files.write("index-url = https://no-quotes.example.com\n", to: "\(home)/.config/uv/uv.toml")
      let settings = IndexSettings(
        variables: ["HOME": home, "PIP_CONFIG_FILE": "\(home)/none"], secrets: SecretRegistry())
      let failure = #expect(throws: Failure.self) { try settings.configured() }
      let place = SourceLocation(file: "\(home)/.config/uv/uv.toml", line: 1, column: 13)
      guard case .source(let found, _) = failure?.diagnostics.first?.place else {
        Issue.record("it has no place")
        return
      }
      #expect(found.file == place.file && found.line == place.line)
    }
  }

  @Test func credentialsAreTakenApartAndKnownAsSecrets() throws {
    let secrets = SecretRegistry()
    let settings = IndexSettings(
      variables: ["PIP_INDEX_URL": "https://user:p%40ss%2Fword@p.example.com/simple"], secrets: secrets)
    let index = try #require(try settings.configured().indexes.first)
    #expect(index.url.description == "https://p.example.com/simple")
    let credentials = try IndexCredentials(indexes: [index], variables: Variables([:])).credentials(
      for: "https://p.example.com/files/a.whl")
    #expect(credentials?.username == "user" && credentials?.password == "p@ss/word")
    #expect(!secrets.redact("it is p@ss/word").contains("p@ss/word"))
  }

  @Test func credentialsGoToTheirOwnHostAlone() throws {
    let settings = IndexSettings(
      variables: ["PIP_INDEX_URL": "https://user:secret@p.example.com/simple"], secrets: SecretRegistry())
    let credentials = IndexCredentials(indexes: try settings.configured().indexes, variables: Variables([:]))
    for url in [
      "https://files.example.com/a.whl", "http://p.example.com/a.whl", "https://p.example.com:8443/a.whl",
      "https://p.example.com.evil.example/a.whl", "https://x@evil.example/p.example.com",
    ] {
      #expect(try credentials.credentials(for: url) == nil, "\(url)")
    }
    #expect(try credentials.credentials(for: "https://P.EXAMPLE.COM:443/a.whl") != nil)
  }

  @Test(arguments: ["ftp://x.example.com", "x.example.com/simple", "https://", "/srv/simple", "https://x:port/simple"])
  func whatIsNoURLIsAFailureWithoutIt(_ text: String) {
    let settings = IndexSettings(variables: ["PIP_INDEX_URL": text], secrets: SecretRegistry())
    let failure = #expect(throws: Failure.self) { try settings.configured() }
    #expect(failure?.diagnostics.first?.message.contains(text) == false)
  }
}
