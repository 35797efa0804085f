import Glibc
import Model
import Platform
import TestSupport
import Testing

@Suite("Private repositories: keys over ssh, and credentials that a manifest declares")
struct SSHTests {
  private static let passphrase = "An0therPassphrase-81"

  /// A server, a locked key that it lets in, and a file of known hosts beside the manifest.
  private func withServer(
    _ scenario: Scenario, address: String = "127.0.0.1", port: Int = 0, _ test: (SSHServer) async throws -> Void
  ) async throws {
    let server = try await SSHServer.start(
      root: scenario.repositories, state: "\(scenario.directory)/sshd", address: address, port: port,
      log: "\(scenario.directory)/ssh.log")
    defer { server.stop() }
    try Files.makeDirectory("\(scenario.directory)/keys")
    try server.authorize(
      try await SSHServer.makeKey("\(scenario.directory)/keys/deploy", passphrase: Self.passphrase))
    let name = port == 22 ? address : nil
    try scenario.write(try server.knownHost(name: name), to: "known_hosts")
    try await test(server)
  }

  /// `spec.git` with that key for a host.
  private func spec(_ host: String) -> String {
    "git: {credentials: [{host: \"\(host)\", sshKey: ../keys/deploy, "
      + "knownHosts: known_hosts, passphrase: \"${PASSPHRASE}\"}]}"
  }

  /// What the server was asked for.
  private func requests(_ scenario: Scenario) throws -> [String] {
    String(decoding: try Files.read("\(scenario.directory)/ssh.log"), as: UTF8.self)
      .split(separator: "\n").map(String.init)
  }

  /// Files of the scenario that hold a text.
  private func files(with text: String, _ scenario: Scenario) async throws -> String {
    try await CommandLineTool(
      "/usr/bin/env", environment: scenario.environment, workingDirectory: scenario.directory
    ).run(["grep", "-rla", text, "."]).output
  }

  @Test(.enabled(if: SSHServer.isAvailable, Comment(rawValue: SSHServer.absence)))
  func aRepositoryOverSSHIsLockedAppliedAndFetchedAgain() async throws {
    try await Scenario.with { scenario in
      let repository = try await scenario.repository("org/link", PythonProject("my-link", "1.2.3"))
      let commit = try await repository.id(of: "main")
      try await withServer(scenario) { server in
        let url = "git+ssh://\(SSHServer.username)@127.0.0.1:\(server.port)/org/link.git@main"
        try scenario.moduleSet("l: {module: my_link, pip_name: \"\(url)\"}", spec: spec("127.0.0.1:\(server.port)"))
        let variables = ["PASSPHRASE": Self.passphrase]
        #expect(try await scenario.succeeds("validate", with: variables).contains("1 module: valid"))
        try await scenario.succeeds("lock", with: variables)
        let lockfile = try scenario.lockfile()
        #expect(lockfile.contains(commit) && lockfile.contains("/org/link.git"))
        // Other tools log in as the same user, and another user is no other repository.
        #expect(lockfile.contains("url = \"ssh://\(SSHServer.username)@127.0.0.1:\(server.port)/org/link.git\""))
        #expect(!lockfile.contains("deploy") && !lockfile.contains("known_hosts"))
        try await scenario.succeeds("apply", with: variables)
        #expect(try await scenario.python("import my_link; print(my_link.run())") == "1.2.3\n")
        // Nothing that the key would be needed for: the passphrase may be gone.
        #expect(try await scenario.succeeds("apply", "--locked").contains("up to date"))
        let before = try requests(scenario)
        #expect(Set(before) == ["git-upload-pack /org/link.git"])

        // The key itself may come out of a variable; what is locked does not change by it.
        try scenario.moduleSet(
          "l: {module: my_link, pip_name: \"\(url)\"}",
          spec: spec("127.0.0.1:\(server.port)").replacing("../keys/deploy", with: "\"${DEPLOY_KEY}\""))
        let key = String(decoding: try Files.read("\(scenario.directory)/keys/deploy"), as: UTF8.self)
        try Files.remove(scenario.state.root)
        try await scenario.succeeds("apply", "--locked", with: variables.merging(["DEPLOY_KEY": key]) { $1 })
        let wrong = try await scenario.fails("lock", "--upgrade", with: ["PASSPHRASE": "wrong-one", "DEPLOY_KEY": key])
        #expect(wrong.contains("the SSH key's passphrase is wrong") && wrong.contains("${DEPLOY_KEY}"))
        let lines = key.split(separator: "\n").filter { !$0.hasPrefix("-----") }
        #expect(lines.allSatisfy { !wrong.contains($0) })
        try scenario.moduleSet("l: {module: my_link, pip_name: \"\(url)\"}", spec: spec("127.0.0.1:\(server.port)"))

        try Files.remove(scenario.state.root)
        let text = try await scenario.fails("apply", "--locked")
        #expect(text.contains("the variable PASSPHRASE is not set"))
        try scenario.write(lockfile.replacing("ssh://\(SSHServer.username)@", with: "ssh://"), to: "pylock.demo.toml")
        try await scenario.succeeds("apply", "--locked", with: variables)
        try scenario.write(lockfile, to: "pylock.demo.toml")
        #expect(try requests(scenario).count > before.count)
        #expect(try scenario.lockfile() == lockfile)
        #expect(try await scenario.python("import my_link; print(my_link.run())") == "1.2.3\n")
        #expect(try await files(with: Self.passphrase, scenario) == "")
        #expect(
          try await files(with: "PRIVATE KEY", scenario).split(separator: "\n").sorted() == [
            "./keys/deploy", "./sshd/host_ed25519",
          ])
      }
    }
  }

  @Test(.enabled(if: SSHServer.isAvailable, Comment(rawValue: SSHServer.absence)))
  func whatIsWrongIsSaidAndChangesNothing() async throws {
    try await Scenario.with { scenario in
      _ = try await scenario.repository("link", PythonProject("my-link"))
      try await withServer(scenario) { server in
        let url = "git+ssh://\(SSHServer.username)@127.0.0.1:\(server.port)/link.git"
        try scenario.moduleSet("l: {module: my_link, pip_name: \"\(url)\"}", spec: spec("127.0.0.1:\(server.port)"))
        let wrong = try await scenario.fails("apply", with: ["PASSPHRASE": "wrong_T0pSecret"])
        #expect(wrong.contains("the SSH key's passphrase is wrong") && wrong.contains("${PASSPHRASE}"))
        #expect(!wrong.contains("wrong_T0pSecret"))
        try scenario.write("", to: "known_hosts")
        let unknown = try await scenario.fails("apply", with: ["PASSPHRASE": Self.passphrase])
        #expect(unknown.contains("the SSH server's host key is not known"))
        #expect(unknown.contains(try await server.fingerprint()) && unknown.contains("ssh-keyscan"))
        #expect(!unknown.contains(Self.passphrase))
        // Without an entry for the server its host key is looked for where ssh would, and then a key.
        try scenario.moduleSet("l: {module: my_link, pip_name: \"\(url)\"}")
        try Files.makeDirectory("\(scenario.directory)/home/.ssh")
        try Files.write(try server.knownHost(), to: "\(scenario.directory)/home/.ssh/known_hosts")
        let none = try await scenario.fails("apply")
        #expect(none.contains("the SSH server asks for a key, and there is none to offer"))
        try server.authorize(try await SSHServer.makeKey("\(scenario.directory)/home/.ssh/id_ed25519"))
        try await scenario.succeeds("apply")
      }
    }
  }

  @Test(
    .enabled(if: SSHServer.isAvailable, Comment(rawValue: SSHServer.absence)),
    .enabled(if: geteuid() == 0, "in this form there is no port, and only root can listen on 22"))
  func theShortFormReachesPort22() async throws {
    try await Scenario.with { scenario in
      _ = try await scenario.repository("org/link", PythonProject("my-link", "0.7"))
      // An address of loopback that nothing else listens on.
      let address = "127.\(Int.random(in: 64...127)).\(Int.random(in: 1...254)).\(Int.random(in: 1...254))"
      try await withServer(scenario, address: address, port: 22) { _ in
        try scenario.moduleSet(
          "l: {module: my_link, pip_name: \"git+\(SSHServer.username)@\(address):org/link.git\"}",
          spec: spec(address))
        try await scenario.succeeds("apply", with: ["PASSPHRASE": Self.passphrase])
        #expect(try await scenario.python("import my_link; print(my_link.run())") == "0.7\n")
      }
    }
  }

  @Test func declaredTokensGoToTheirHostAndPathAlone() async throws {
    try await Scenario.with { scenario in
      _ = try await scenario.repository("link", PythonProject("my-link"))
      _ = try await scenario.repository("team/tool", PythonProject("my-tool"))
      try Files.write("\(Scenario.token)\n", to: "\(scenario.directory)/token", mode: 0o600)
      let host = "127.0.0.1:\(scenario.git.port)"
      let modules = """
        l: {module: my_link, pip_name: "git+\(scenario.git.url("link.git"))"}
        t: {module: my_tool, pip_name: "git+\(scenario.git.url("team/tool.git"))"}
        """
      func spec(_ first: String, _ second: String) -> String {
        "git:\n  credentials:\n    - {host: \"\(host)\", \(first)}\n    - {host: \"\(host)\", path: team, \(second)}"
      }
      try scenario.moduleSet(modules, spec: spec("token: \"${GIT_TOKEN}\"", "tokenFile: ../token"))
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["my-link==1.0", "my-tool==1.0"])
      try Files.remove(scenario.state.root)
      try await scenario.succeeds("apply", "--locked")
      #expect(!(try scenario.lockfile().contains("T0pSecret")))
      #expect(try await files(with: Scenario.token, scenario) == "./token\n")

      // The entry with the longer path is the one for `team`, right or wrong.
      try Files.write("wrong_T0pSecret\n", to: "\(scenario.directory)/token", mode: 0o600)
      try Files.remove(scenario.state.root)
      let refused = try await scenario.fails("apply", "--locked")
      #expect(refused.contains("the git server refused access") && refused.contains("team/tool.git"))
      #expect(refused.contains("\(scenario.directory)/token (pinion.yaml:9:"))
      #expect(!refused.contains("wrong_T0pSecret"))
    }
  }

  @Test func theHostsFileDecidesWhereCredentialsMayGo() async throws {
    try await Scenario.with { scenario in
      _ = try await scenario.repository("link", PythonProject("my-link"))
      try Files.write("\(Scenario.token)\n", to: "\(scenario.directory)/token", mode: 0o600)
      let host = "127.0.0.1:\(scenario.git.port)"
      func allow(_ host: String) throws {
        try scenario.write(
          """
          apiVersion: pinion/v1
          kind: HostPolicy
          spec:
            variables: [{match: GIT_TOKEN, hosts: ["\(host)"]}]
            credentialFiles: [{match: "\(scenario.directory)/*", hosts: ["\(host)"]}]
          """, to: "host.yaml")
      }
      for secret in ["token: \"${GIT_TOKEN}\"", "tokenFile: ../token"] {
        try scenario.moduleSet(
          "l: {module: my_link, pip_name: \"git+\(scenario.git.url("link.git"))\"}",
          spec: "git: {credentials: [{host: \"\(host)\", \(secret)}]}")
        try allow("git.example.org")
        for command in ["validate", "lock", "plan", "apply"] {
          let text = try await scenario.fails(command, "--host-policy", "host.yaml", "-f", "pinion.yaml")
          #expect(text.contains("may go to git.example.org alone"), "\(command) said: \(text)")
        }
        try allow(host)
        try await scenario.succeeds("apply", "--host-policy", "host.yaml", "-f", "pinion.yaml")
        try Files.remove("\(scenario.project)/pylock.demo.toml")
        try Files.remove(scenario.state.root)
      }
    }
  }
}
