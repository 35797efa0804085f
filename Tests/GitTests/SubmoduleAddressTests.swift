import Model
import Testing

@testable import Git

@Suite struct SubmoduleAddressTests {
  private let server = RemoteURL(
    scheme: "https", host: "example.com", port: 8443, path: "/team/app.git?x=/y",
    userInfo: UserInfo(username: Template([.variable("TOKEN", nil)])))

  @Test(arguments: [
    ("../lib.git", "https://example.com:8443/team/lib.git"),
    ("./parts/lib.git", "https://example.com:8443/team/app.git/parts/lib.git"),
    ("../../other/lib.git/", "https://example.com:8443/other/lib.git"),
    ("https://Other.Example.com/a/lib.git", "https://other.example.com/a/lib.git"),
    ("https://user:secret@other.example.com:99/lib.git", "https://other.example.com:99/lib.git"),
    ("http://[::1]:80/lib.git", "http://[::1]:80/lib.git"),
    ("git@other.example.com:a/lib.git", "ssh://git@other.example.com/a/lib.git"),
    ("other.example.com:/a/lib.git", "ssh://other.example.com/a/lib.git"),
    ("ssh://git@other.example.com:2222/lib.git", "ssh://git@other.example.com:2222/lib.git"),
  ])
  func reads(_ text: String, as url: String) throws {
    let found = try SubmoduleAddress(text, of: server).url
    #expect(found.description == url)
    #expect(found.scheme == "ssh" || found.userInfo == nil)
  }

  @Test func startsFromWhereTheSuperprojectIs() throws {
    let disk = RemoteURL(scheme: "file", host: "", path: "/srv/git/app.git")
    #expect(try "\(SubmoduleAddress("../lib.git", of: disk).url)" == "file:///srv/git/lib.git")
    #expect(try "\(SubmoduleAddress("/srv/my git/lib.git", of: disk).url)" == "file:///srv/my%20git/lib.git")
    #expect(try "\(SubmoduleAddress("file:///srv/lib.git", of: disk).url)" == "file:///srv/lib.git")
    // Who logs in over ssh is a name, save where it is a secret or may be one.
    for (user, expected) in [
      (UserInfo(username: Template(literal: "robot")), UserInfo(username: Template(literal: "robot")) as UserInfo?),
      (UserInfo(username: Template(literal: "robot"), password: Template(literal: "secret")), nil),
      (UserInfo(username: Template([.variable("USER", nil)])), nil),
    ] {
      let superproject = RemoteURL(scheme: "ssh", host: "example.com", path: "/team/app.git", userInfo: user)
      #expect(try SubmoduleAddress("../lib.git", of: superproject).url.userInfo == expected)
    }
  }

  @Test(arguments: [
    ("../../../lib.git", "beyond the server's root"), ("../..", "names no repository"),
    ("https://example.com/a/../b.git", "names no repository"), ("https://example.com/%2e%2e/b", "names no repository"),
    ("https://example.com", "names no repository"), ("https://example.com/a b", "names no repository"),
    ("git://example.com/a", "only https"), ("ext::sh -c evil", "is no URL"), ("fd::17", "is no URL"),
    ("lib.git", "is no URL"), ("/etc", "this machine's disk"), ("file:///etc", "this machine's disk"),
    ("file://other/etc", "another machine"), ("ssh://-oProxyCommand=evil/x", "host is none"),
    ("-oProxyCommand=evil:x", "host is none"), ("https:///a", "host is none"), ("https://a:b:c/d", "port is none"),
    ("https://example.com:99999/a", "port is none"), ("https://ex\\ample/a", "host is none"),
  ])
  func refuses(_ text: String, saying words: String) {
    let problem = #expect(throws: SubmoduleAddress.Problem.self) { try SubmoduleAddress(text, of: server) }
    #expect(problem?.message.contains(words) == true, "\(String(describing: problem))")
  }
}
