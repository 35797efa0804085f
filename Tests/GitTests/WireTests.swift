import GitWire
import Testing

@Suite struct WireTests {
  @Test(arguments: [
    ("https://example.com/a.git", "https://example.com:443"),
    ("HTTP://Example.COM", "http://example.com:80"),
    ("http://example.com:8080?x", "http://example.com:8080"),
    ("http://good.example.com@evil.example.com/", "http://evil.example.com:80"),
    ("http://a@b@c.example.com:81/x@y", "http://c.example.com:81"),
    ("https://[::1]:8443/x", "https://[::1]:8443"),
    ("https://[::1]", "https://[::1]:443"),
    ("http://example.com:/x", "http://example.com:80"),
  ])
  func readsAnOrigin(_ url: String, _ origin: String) {
    #expect(Origin(url)?.description == origin)
  }

  @Test(arguments: [
    "ssh://example.com/a", "file:///a", "example.com", "http://", "http:///x", "http://example.com:x/",
    "http://example.com:99999/", "http://good.example.com\\@evil.example.com/", "http://exa mple.com/", "http://[::1/",
    "http://a:b:c/",
  ])
  func readsNoOrigin(_ url: String) {
    #expect(Origin(url) == nil)
  }

  @Test(arguments: [
    ("cannot read https://user:secret@example.com/a.git now", "cannot read https://example.com/a.git now"),
    ("'http://secret@a' to 'http://b@c/d@e'", "'http://a' to 'http://c/d@e'"),
    ("http://a@b@c/", "http://c/"),
    ("mail someone@example.com", "mail someone@example.com"),
    ("", ""),
  ])
  func takesUserInfoOut(_ text: String, _ clean: String) {
    #expect(URLText.withoutUserInfo(text) == clean)
  }

  @Test func neverPrintsCredentials() {
    let remote = GitRemote(
      url: "https://example.com", credentials: GitCredentials(username: "sekrit", password: "hidden"))
    #expect("\(remote)".contains("****"))
    #expect(!"\(remote)".contains("sekrit") && !"\(remote)".contains("hidden"))
  }

  @Test func cutsLines() {
    var buffer = LineBuffer()
    var lines: [[UInt8]] = []
    for piece in ["one\ntw", "o\n", "", "\nthr"] {
      let isSane = buffer.append(Array(piece.utf8))
      #expect(isSane)
      while let line = buffer.next() { lines.append(line) }
    }
    #expect(lines == ["one", "two", ""].map { Array($0.utf8) })
  }

  @Test func keepsAMessageOnOneLine() throws {
    let fault = GitFault(.failed, "one\ntwo")
    let line = try WireLine.encode(GitReply(id: 3, outcome: .failed(fault)))
    #expect(line.count { $0 == UInt8(ascii: "\n") } == 1)
    let reply = try WireLine.decode(GitReply.self, from: line)
    guard case .failed(fault) = reply.outcome else {
      Issue.record("another answer: \(reply)")
      return
    }
  }
}
