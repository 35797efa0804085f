import Model
import Testing

@testable import Resolution

@Suite("Index pages")
struct SimplePageTests {
  @Test func htmlAsServersWriteIt() {
    let page = SimplePage.html(
      Array(
        """
        <!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.1"></head><body><h1>Links</h1>
        <a href="../../files/a-1.0-py3-none-any.whl#sha256=abc" data-requires-python="&gt;=3.9,&lt;4" data-core-metadata="sha256=def">a-1.0-py3-none-any.whl</a><br/>
        <A HREF='https://x.example.com/a-2.0.tar.gz?a=1&amp;b=2#sha256=123' data-yanked="broken &quot;badly&quot;">  a-2.0.tar.gz </A>
        <a class=link href=a-3.0.zip data-dist-info-metadata=true data-yanked rel=internal>a-3.0.zip</a>
        <a name="anchor">no link</a>
        <a href="a-4.0-py3-none-any.whl"></a>
        """.utf8), name: "a")
    #expect(
      page.files.map(\.filename) == ["a-1.0-py3-none-any.whl", "a-2.0.tar.gz", "a-3.0.zip", "a-4.0-py3-none-any.whl"])
    #expect(page.files[0].hashes == ["sha256": "abc"])
    #expect(page.files[0].requiresPython == ">=3.9,<4")
    #expect(page.files.map { $0.coreMetadata != nil } == [true, false, true, false])
    #expect(page.files[1].url == "https://x.example.com/a-2.0.tar.gz?a=1&b=2")
    #expect(page.files.map { $0.yanked != nil } == [false, true, true, false])
    if case .text(let reason)? = page.files[1].yanked {
      #expect(reason == "broken \"badly\"")
    } else {
      Issue.record("not yanked")
    }
  }

  @Test(arguments: ["", "<a", "<a href=", "<a href=\"x", "<a href=x>", "</a>", "<a href='x'></a", "plain", "<a >b</a>"])
  func brokenHTMLIsNoCrash(_ text: String) {
    #expect(SimplePage.html(Array(text.utf8), name: "a").files.count <= 1)
  }

  @Test func jsonComesBackAsItWas() throws {
    let text = """
      {"meta": {"api-version": "1.4"}, "name": "a", "versions": ["1.0"], "files": [
        {"filename": "a-1.0-py3-none-any.whl", "url": "https://x.example.com/a.whl", "hashes": {"sha256": "abc"},
         "requires-python": ">=3.9", "core-metadata": {"sha256": "def"}, "yanked": false, "size": 12,
         "upload-time": "2024-01-01T00:00:00Z", "provenance": null},
        {"filename": "a-1.1.tar.gz", "url": "../a.tar.gz", "hashes": {}, "yanked": "broken", "core-metadata": true,
         "requires-python": null}
      ]}
      """
    let page = try #require(SimplePage.json(Array(text.utf8)))
    #expect(page.files.map(\.filename) == ["a-1.0-py3-none-any.whl", "a-1.1.tar.gz"])
    #expect(page.files[0].size == 12)
    #expect(page.files[0].uploadTime == "2024-01-01T00:00:00Z")
    let again = try #require(SimplePage.json(try page.encoded()))
    #expect(again.files.map(\.filename) == page.files.map(\.filename))
    #expect(again.files.map(\.hashes) == page.files.map(\.hashes))
    #expect(again.files.map(\.requiresPython) == [">=3.9", nil])
    if case .hashes(let hashes)? = again.files[0].coreMetadata {
      #expect(hashes == ["sha256": "def"])
    } else {
      Issue.record("lost")
    }
    if case .text(let reason)? = again.files[1].yanked { #expect(reason == "broken") } else { Issue.record("lost") }
    #expect(SimplePage.json(Array("{".utf8)) == nil)
    #expect(SimplePage.json([]) == nil)
  }

  @Test(arguments: [
    ("my-package-1.0.tar.gz", "my-package", "1.0"), ("my_package-1.0rc1.zip", "my-package", "1.0rc1"),
    ("My.Package-2.tar.bz2", "my-package", "2"), ("other-1.0.tar.gz", "my-package", nil),
    ("my-package-1.0.whl", "my-package", nil), ("my-package.tar.gz", "my-package", nil),
  ])
  func versionsOfSourceArchives(_ file: String, _ name: String, _ version: String?) throws {
    let found = SimplePage.sdistVersion(file, of: try #require(PackageName(name)))
    #expect(found == version.flatMap { Version($0) })
  }
}

@Suite("Addresses of the loopback index")
struct LoopbackAddressTests {
  private static let address = LoopbackAddress(root: "http://127.0.0.1:4711")

  @Test(arguments: [
    "https://files.example.com/packages/a/a-1.0.whl", "http://127.0.0.1:8080/x/a%20b+c.whl?query=1",
    "https://user.example.com:8443/a@b/c.whl", "https://example.com",
  ])
  func thereAndBack(_ url: String) {
    let local = Self.address.local(url)
    #expect(local.hasPrefix("http://127.0.0.1:4711/files/"))
    #expect(Self.address.remote(local) == url)
  }

  @Test func whatProgramsSayShowsTheRealURLs() {
    let address = LoopbackAddress(root: "http://127.0.0.1:4711/s3cret")
    let said = """
      could not fetch http://127.0.0.1:4711/s3cret/files/https/x.example.com/a.whl and \
      `http://127.0.0.1:4711/s3cret/files/http/y.example.com/b.whl` from http://127.0.0.1:4711/s3cret/base/simple/b/, \
      http://127.0.0.1:4711/s3cret/simple/b/ or http://127.0.0.1:4711/s3cret
      """
    let shown = address.shown(said)
    #expect(!shown.contains("s3cret") && !shown.contains("4711"))
    #expect(shown.contains("https://x.example.com/a.whl") && shown.contains("`http://y.example.com/b.whl`"))
  }

  @Test func whatIsNotItsOwnIsLeftAlone() {
    #expect(Self.address.local("a.whl") == "a.whl")
    #expect(Self.address.remote("http://127.0.0.1:4712/files/https/x/a.whl") == nil)
    #expect(Self.address.remote("http://127.0.0.1:4711/simple/a/") == nil)
    for path in ["", "https", "ftp/x/a", "file/etc/passwd"] { #expect(LoopbackAddress.remote(path: path[...]) == nil) }
  }

  @Test(arguments: [
    ("a.whl", "https://x.example.com/simple/a/", "https://x.example.com/simple/a/a.whl"),
    ("../../files/a.whl", "https://x.example.com/simple/a/", "https://x.example.com/files/a.whl"),
    ("/files/a.whl", "https://x.example.com:8443/simple/a/", "https://x.example.com:8443/files/a.whl"),
    ("//y.example.com/a.whl", "https://x.example.com/simple/a/", "https://y.example.com/a.whl"),
    ("http://y.example.com/a.whl", "https://x.example.com/simple/a/", "http://y.example.com/a.whl"),
    ("./a.whl", "https://x.example.com/simple/a/", "https://x.example.com/simple/a/a.whl"),
    ("../../../../a.whl", "https://x.example.com/simple/a/", "https://x.example.com/a.whl"),
    ("a.whl", "https://x.example.com", "https://x.example.com/a.whl"),
    ("https://user:pass@y.example.com/a.whl", "https://x.example.com/simple/a/", "https://y.example.com/a.whl"),
    ("//user@y.example.com/a.whl", "https://x.example.com/simple/a/", "https://y.example.com/a.whl"),
    ("https://y.example.com/@scope/a.whl", "https://x.example.com/simple/a/", "https://y.example.com/@scope/a.whl"),
    (
      "a.whl?from=http://y.example.com", "https://x.example.com/s/a/",
      "https://x.example.com/s/a/a.whl?from=http://y.example.com"
    ),
  ])
  func relativeReferences(_ reference: String, _ page: String, _ expected: String) {
    #expect(LoopbackAddress.absolute(reference, on: page) == expected)
  }
}

@Suite("Pages as the loopback index gives them on")
struct LocalPageTests {
  private static let address = LoopbackAddress(root: "http://127.0.0.1:4711/secret")

  private static func page(_ urls: String...) -> [UInt8] {
    let files = urls.map { #"{"filename": "a.whl", "url": "\#($0)", "hashes": {}}"# }.joined(separator: ", ")
    return Array(#"{"meta": {"api-version": "1.1"}, "name": "a", "files": [\#(files)]}"#.utf8)
  }

  @Test func plainURLsAreReplacedInPlace() throws {
    let page = Self.page("https://x.example.com/a%20b.whl#sha256=1", "http://y.example.com/b.whl")
    let local = try #require(LocalPage(plainJSON: page, address: Self.address))
    #expect(local.urls == ["https://x.example.com/a b.whl", "http://y.example.com/b.whl"])
    let read = try #require(SimplePage.json(local.bytes))
    #expect(
      read.files.map(\.url) == [
        "http://127.0.0.1:4711/secret/files/https/x.example.com/a%20b.whl#sha256=1",
        "http://127.0.0.1:4711/secret/files/http/y.example.com/b.whl",
      ])
    // Both ways come to the same.
    let slow = try LocalPage(
      try #require(SimplePage.json(page)), at: "https://x.example.com/simple/a/", address: Self.address)
    #expect(slow.urls == local.urls)
    #expect(SimplePage.json(slow.bytes)?.files.map(\.url) == read.files.map(\.url))
    #expect(LocalPage.replaced(plainJSON: page, address: Self.address) == local.bytes)
  }

  @Test func aPageNamesWholeURLs() {
    let page = Self.page("https://x.example.com/a.whl", "https://x.example.com/b.whl")
    #expect(LocalPage.names("https://x.example.com/b.whl", onPlainJSON: page))
    for other in ["https://x.example.com/b.wh", "x.example.com/b.whl", "https://x.example.com/c.whl"] {
      #expect(!LocalPage.names(other, onPlainJSON: page))
    }
    #expect(!LocalPage.names("https://x.example.com/b.whl", onPlainJSON: []))
  }

  @Test(arguments: [
    "../a.whl", "ftp://x.example.com/a.whl", "https://user:pass@x.example.com/a.whl",
    #"https:\/\/x.example.com\/a.whl"#,
    #"https://x.example.com/\u0061.whl"#, "HTTPS://x.example.com/a.whl",
  ])
  func othersNeedACloserLook(_ url: String) throws {
    let page = Self.page("https://x.example.com/b.whl", url)
    #expect(LocalPage(plainJSON: page, address: Self.address) == nil)
    let slow = try LocalPage(
      try #require(SimplePage.json(page)), at: "https://x.example.com/simple/a/", address: Self.address)
    #expect(!slow.urls.contains { $0.contains("pass") })
    #expect(!String(decoding: slow.bytes, as: UTF8.self).contains("pass"))
  }

  @Test(arguments: [
    #""url""#, #""url": "#, #""url": null"#, #""url": "https://x.example.com/a"#, #"{"url": "http:"#, "",
  ])
  func aCutPageIsNoCrash(_ text: String) {
    if let page = LocalPage(plainJSON: Array(text.utf8), address: Self.address) { #expect(page.urls.count <= 1) }
  }
}

@Suite("Stand-ins for what the base has")
struct StubTests {
  private func stub(_ metadata: String) throws -> String {
    BaseDistribution(
      name: try #require(PackageName("demo")), version: "1.0", metadata: metadata, isDirect: false, scripts: [:],
      topLevel: []
    ).stubMetadata
  }

  @Test(arguments: ["\n", "\r\n"]) func onlyWhatExtrasAskForStays(_ end: String) throws {
    let lines = [
      "Metadata-Version: 2.1", "Name: demo", "Version: 1.0", "Requires-Python: >=3.9", "Dynamic: requires-dist",
      "Requires-Dist: extra-package>=1", "Requires-Dist: extras ; python_version < \"4\" and os_name != 'extra'",
      "Requires-Dist: fast ; extra == 'speed'", "requires-dist: folded[socks]", "  >=2 ;", "\textra == 'speed'",
      "Requires-Dist: plain", "  >=3", "Requires-Dist: ((( extra", "Provides-Extra: speed", "", "Requires-Dist: prose",
    ]
    #expect(
      try stub(lines.joined(separator: end)).split(separator: "\n") == [
        "Metadata-Version: 2.1", "Name: demo", "Version: 1.0", "Requires-Dist: fast ; extra == 'speed'",
        "requires-dist: folded[socks] >=2 ; extra == 'speed'", "Provides-Extra: speed",
      ])
  }
}
