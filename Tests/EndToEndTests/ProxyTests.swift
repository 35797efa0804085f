import Model
import Platform
import TestSupport
import Testing

@Suite("HTTP proxies")
struct ProxyTests {
  private static let proxyToken = "prx_T0pSecretProxyToken42"
  private static let indexToken = "idx_T0pSecretIndexToken4711"

  /// Hosts that are nowhere, behind a proxy that knows the way: an index and a git server, both with TLS and token.
  private static func with(_ test: (Scenario, ProxyServer, [String: String]) async throws -> Void) async throws {
    try await Scenario.with { scenario in
      let certificate = "\(scenario.directory)/certificate.pem"
      try await TestCertificate.make(for: ["index.example.org", "git.example.org"], at: certificate)
      var options = IndexServer.Options()
      options.token = indexToken
      options.certificate = certificate
      let index = try IndexServer.start(root: "\(scenario.directory)/far-index", options: options)
      defer { index.stop() }
      try index.publish(PythonProject("alpha", requires: ["beta"]), PythonProject("beta"))
      let git = try GitServer.start(root: scenario.repositories, token: Scenario.token, certificate: certificate)
      defer { git.stop() }
      let proxy = try ProxyServer.start(
        routes: [
          "index.example.org:443": index.port, "git.example.org:443": git.port,
          "near.example.org:80": scenario.index.port,
        ], token: proxyToken, log: "\(scenario.directory)/proxy.log")
      defer { proxy.stop() }
      let variables = [
        "PIP_INDEX_URL": "https://user:\(indexToken)@index.example.org/simple", "SSL_CERT_FILE": certificate,
        "HTTPS_PROXY": proxy.url(userInfo: "user:\(proxyToken)"),
      ]
      try await test(scenario, proxy, variables)
      let found = try await CommandLineTool(
        "/usr/bin/env", environment: scenario.environment, workingDirectory: scenario.project
      ).run(["grep", "-rla", "T0pSecret", "."])
      #expect(found.output == "")
    }
  }

  @Test(.enabled(if: TestCertificate.isAvailable, "\(TestCertificate.absence)"))
  func indexAndGitAreReachedThroughTheProxy() async throws {
    try await Self.with { scenario, proxy, variables in
      _ = try await scenario.repository("link", PythonProject("my-link", requires: ["alpha"]))
      try scenario.moduleSet(
        "l: {module: my_link, pip_name: \"git+https://${GIT_TOKEN}@git.example.org/link.git\"}")
      let outcome = try await scenario.pinion("apply", with: variables)
      #expect(outcome.status == 0 && !outcome.text.contains("T0pSecret"), "it said:\n\(outcome.text)")
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0", "my-link==1.0"])
      #expect(try scenario.lockfile().contains("https://index.example.org/files/alpha-1.0"))
      let asked = try proxy.requests()
      #expect(asked.contains("CONNECT index.example.org:443 with-credentials"), "\(asked)")
      #expect(asked.contains("CONNECT git.example.org:443 with-credentials"), "\(asked)")
      // The resolver's way to the loopback index never leads there.
      #expect(asked.allSatisfy { $0.contains(".example.org:443 ") }, "\(asked)")
    }
  }

  @Test(.enabled(if: TestCertificate.isAvailable, "\(TestCertificate.absence)"))
  func plainHTTPGoesThroughItForIndexesAndNotForGit() async throws {
    try await Self.with { scenario, proxy, variables in
      try scenario.index.publish(PythonProject("gamma"))
      _ = try await scenario.repository("link", PythonProject("my-link"))
      var variables = variables
      variables["http_proxy"] = variables.removeValue(forKey: "HTTPS_PROXY")
      variables["PIP_INDEX_URL"] = "http://near.example.org/simple"
      try scenario.moduleSet("g: {module: gamma, pip_name: gamma}")
      try await scenario.succeeds("apply", with: variables)
      #expect(try proxy.requests().allSatisfy { $0 == "CONNECT near.example.org:80 with-credentials" })
      try scenario.moduleSet("l: {module: my_link, pip_name: \"git+http://git.example.org/link.git\"}")
      let text = try await scenario.fails("apply", with: variables)
      #expect(text.contains("error: git does not go through a proxy for plain http"), "\(text)")
      #expect(text.contains("name git.example.org in NO_PROXY"), "\(text)")
    }
  }

  @Test(.enabled(if: TestCertificate.isAvailable, "\(TestCertificate.absence)"))
  func aProxyThatDoesNotLetUsThroughIsNamed() async throws {
    try await Self.with { scenario, proxy, variables in
      _ = try await scenario.repository("link", PythonProject("my-link"))
      let git = "l: {module: my_link, pip_name: \"git+https://${GIT_TOKEN}@git.example.org/link.git\"}"
      let far = "l: {module: my_link, pip_name: \"git+https://${GIT_TOKEN}@far.example.org/link.git\"}"
      let index = "a: {module: alpha, pip_name: alpha}"
      let wrong = ["HTTPS_PROXY": proxy.url(userInfo: "user:wrong_T0pSecret")]
      let gone = ["HTTPS_PROXY": "http://user:wrong_T0pSecret@127.0.0.1:9"]
      let cases = [
        (git, wrong, "the proxy did not let git through"),
        (git, ["HTTPS_PROXY": proxy.url()], "the proxy did not let git"),
        (far, [:], "asked through the proxy \(proxy.url())"), (git, gone, "through the proxy http://127.0.0.1:9"),
        (index, wrong, "could not reach the server through the proxy \(proxy.url())"),
        (index, gone, "could not reach the server through the proxy http://127.0.0.1:9"),
        (index, ["HTTPS_PROXY": "socks5://127.0.0.1:9"], "the proxy for https is no http://host:port"),
        (git, ["HTTPS_PROXY": "socks5://127.0.0.1:9"], "the proxy for https is no http://host:port"),
      ]
      for (modules, changes, complaint) in cases {
        try scenario.moduleSet(modules)
        let text = try await scenario.tool(variables.merging(changes) { $1 }).run(["lock"])
        #expect(text.status != 0 && text.errorOutput.contains(complaint), "\(complaint)\n\(text.text)")
        #expect(text.errorOutput.contains("HTTPS_PROXY") && !text.text.contains("T0pSecret"), "\(text.text)")
      }
    }
  }

  /// Neither is what it looks like from behind a proxy: a hang-up.
  @Test(.enabled(if: TestCertificate.isAvailable, "\(TestCertificate.absence)"))
  func certificatesAndRedirectsAreToldBehindIt() async throws {
    try await Self.with { scenario, proxy, variables in
      _ = try await scenario.repository("link", PythonProject("my-link"))
      try scenario.moduleSet("l: {module: my_link, pip_name: \"git+https://${GIT_TOKEN}@git.example.org/link.git\"}")
      let untrusted = try await scenario.fails("lock", with: variables.merging(["SSL_CERT_FILE": ""]) { $1 })
      #expect(untrusted.contains("certificate is not trusted") && !untrusted.contains("again"), "\(untrusted)")
      let certificate = "\(scenario.directory)/certificate.pem"
      let moved = try GitServer.start(
        root: scenario.repositories, mode: .redirect("https://other.example.org"), certificate: certificate)
      defer { moved.stop() }
      let other = try ProxyServer.start(
        routes: ["git.example.org:443": moved.port], token: Self.proxyToken, log: "\(scenario.directory)/other.log")
      defer { other.stop() }
      try scenario.moduleSet("l: {module: my_link, pip_name: \"git+https://git.example.org/link.git\"}")
      let through = ["HTTPS_PROXY": other.url(userInfo: "user:\(Self.proxyToken)")]
      let text = try await scenario.fails("lock", with: variables.merging(through) { $1 })
      try scenario.expectRecorded(
        text.replacing(/again \(attempt.*/, with: ""), named: "error-git-redirect-behind-proxy")
      // Once, and once more with what the proxy asks for; never again, and nobody else.
      let asked = try other.requests()
      #expect(asked.count <= 2 && asked.allSatisfy { $0.hasPrefix("CONNECT git.example.org:443 ") }, "\(asked)")
      // One variable for all schemes is heard as well.
      try scenario.moduleSet("l: {module: my_link, pip_name: \"git+https://${GIT_TOKEN}@git.example.org/link.git\"}")
      var all = variables
      all["ALL_PROXY"] = all.removeValue(forKey: "HTTPS_PROXY")
      try await scenario.succeeds("lock", with: all)
    }
  }

  /// What git itself would go through is not gone around.
  @Test func gitsOwnSettingIsNotPassedOver() async throws {
    try await Scenario.with { scenario in
      _ = try await scenario.repository("link", PythonProject("my-link"))
      try scenario.moduleSet("l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}")
      try Files.write("[http]\n\tproxy = http://127.0.0.1:9\n", to: "\(scenario.directory)/home/.gitconfig")
      try scenario.expectRecorded(try await scenario.fails("lock"), named: "error-git-own-proxy")
      try await scenario.succeeds("lock", with: ["NO_PROXY": "127.0.0.1"])
    }
  }

  @Test func exceptionsGoStraight() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"))
      _ = try await scenario.repository("link", PythonProject("my-link"))
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\nl: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}")
      let nowhere = ["HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"]
      // Loopback is no exception by itself, as with pip and uv.
      #expect(try await scenario.fails("apply", with: nowhere).contains("HTTP_PROXY names http://127.0.0.1:9"))
      try await scenario.succeeds("apply", with: nowhere.merging(["no_proxy": "localhost,127.0.0.0/8"]) { $1 })
      #expect(try await scenario.installed() == ["alpha==1.0", "my-link==1.0"])
    }
  }
}
