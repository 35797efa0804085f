import Manifests
import Model
import Testing

@Suite struct GitCredentialUseTests {
  /// The line of the entry that each module's repository is asked with.
  private func lines(_ modules: String) throws -> [String: Int] {
    let spec = """
      git:
        credentials:
          - {host: git.example.org, token: "${T}"}
          - {host: git.example.org, path: team, username: robot, password: "${T}"}
          - {host: git.example.org, path: team/inner, token: "${T}"}
          - {host: git.example.org, sshKey: /keys/all}
          - {host: git.example.org, path: team, sshKey: /keys/team}
          - {host: "*.example.org:8443", token: "${T}"}
      modules:
      """
    let fixture = try ManifestFixture([
      "pinion.yaml": moduleSet(spec + "\n" + modules.split(separator: "\n").map { "  \($0)\n" }.joined())
    ])
    fixture.variables = ["T": "tok-11aa22"]
    let loaded = try fixture.load("pinion.yaml")
    var found: [String: Int] = [:]
    for module in loaded.environments.flatMap(\.modules) {
      guard case .requirement(.git(let requirement)) = module.requirement else { continue }
      found[module.name] = requirement.source.credential?.location.line
      #expect(!"\(requirement)".contains("robot") && !"\(requirement)".contains("keys"))
    }
    return found
  }

  @Test func theLongestPathOfTheHostDecides() throws {
    let found = try lines(
      """
      a: {module: a, pip_name: "git+https://git.example.org/other/a.git"}
      b: {module: b, pip_name: "git+https://git.example.org/team/b.git@v1"}
      c: {module: c, pip_name: "git+https://git.example.org/team/inner/c.git"}
      d: {module: d, pip_name: "git+ssh://git@git.example.org/other/d.git"}
      e: {module: e, pip_name: "git+git@git.example.org:team/e.git"}
      f: {module: f, pip_name: "git+https://git.example.org:8443/f.git"}
      g: {module: g, pip_name: "git+https://elsewhere.example.com/g.git"}
      h: {module: h, pip_name: "git+ssh://git@git.example.org:2222/h.git"}
      """)
    #expect(found == ["a": 7, "b": 8, "c": 9, "d": 10, "e": 11, "f": 12])
  }

  @Test func aURLThatSaysWhoAsksKeepsItsWord() throws {
    let found = try lines(
      """
      a: {module: a, pip_name: "git+https://${T}@git.example.org/team/a.git"}
      b: {module: b, pip_name: "git+https://user:${T}@git.example.org/b.git"}
      c: {module: c, pip_name: "git+ssh://somebody@git.example.org/c.git"}
      """)
    #expect(found == ["c": 10])
  }

  @Test func everyRepositoryKnowsTheRulesForThoseThatItLeadsTo() throws {
    let fixture = try ManifestFixture([
      "pinion.yaml": moduleSet(
        """
        policy: {sources: {deny: ["https://evil.example.com/*"]}}
        git: {credentials: [{host: git.example.org, path: team, token: "${T}"}]}
        modules:
          a: {module: a, pip_name: "git+https://${T}@elsewhere.example.com/a.git"}
        """)
    ])
    fixture.variables = ["T": "tok-11aa22"]
    let module = try #require(try fixture.load("pinion.yaml").environments.first?.modules.first)
    guard case .requirement(.git(let requirement)) = module.requirement else { throw Failure(.internal, "no git") }
    #expect(requirement.source.credential == nil)
    let rules = requirement.source.rules
    let url = RemoteURL(scheme: "https", host: "git.example.org", path: "/team/lib.git")
    #expect(rules.source(at: url).credential?.pathPrefix == "team")
    #expect(rules.source(at: url).rules == rules)
    #expect(rules.breach(by: url.description, "x", at: .url("")) == nil)
    let evil = RemoteURL(scheme: "https", host: "evil.example.com", path: "/lib.git")
    #expect(rules.source(at: evil).credential == nil)
    let breach = try #require(rules.breach(by: evil.description, "the submodule 'x'", at: .url("u")))
    #expect(breach.code == .policyDenied && breach.cause?.contains("`policy.sources` at pinion.yaml:5") == true)
  }
}
