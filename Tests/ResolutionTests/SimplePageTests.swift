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
  ])
  func relativeReferences(_ reference: String, _ page: String, _ expected: String) {
    #expect(LoopbackAddress.absolute(reference, on: page) == expected)
  }
}
