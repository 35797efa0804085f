import Model
import Testing

@Suite struct LockedURLTests {
  private func locked(_ scheme: String, _ userInfo: UserInfo?) -> String {
    GitSource(
      url: RemoteURL(scheme: scheme, host: "git.example.org", port: 2222, path: "/a.git", userInfo: userInfo)
    ).lockedURL
  }

  @Test func keepsTheNameThatAnSSHServerWantsToHear() {
    #expect(locked("ssh", UserInfo(username: Template(literal: "git"))) == "ssh://git@git.example.org:2222/a.git")
    #expect(locked("ssh", nil) == "ssh://git.example.org:2222/a.git")
  }

  @Test(arguments: [
    ("https", UserInfo(username: Template(literal: "git"))),
    ("ssh", UserInfo(username: Template(literal: "git"), password: Template(literal: "hunter22"))),
    ("ssh", UserInfo(username: Template([.variable("USER", nil)]))),
    ("ssh", UserInfo(username: Template([.literal("me"), .variable("USER", nil)]))),
    ("ssh", UserInfo(username: Template(literal: "me/you"))), ("ssh", UserInfo(username: Template(literal: "a@b"))),
    ("ssh", UserInfo(username: Template(literal: "ghp_0123456789012345678901234567890123456"))),
  ])
  func keepsNothingElse(_ scheme: String, _ userInfo: UserInfo) {
    #expect(locked(scheme, userInfo) == "\(scheme)://git.example.org:2222/a.git")
  }

  @Test(arguments: [
    ("ssh://git@git.example.org:2222/a.git", "ssh://git.example.org:2222/a.git"),
    ("ssh://git.example.org/a@b.git", "ssh://git.example.org/a@b.git"),
    ("https://git.example.org/a.git", "https://git.example.org/a.git"), ("nonsense", "nonsense"),
  ])
  func aPinsRepositoryIsTheSameForEverybody(_ url: String, _ repository: String) {
    let pin = GitPin(url: url, requestedRevision: nil, commit: "", subdirectory: nil, isFollowed: false)
    #expect(pin.repository == repository)
  }
}
