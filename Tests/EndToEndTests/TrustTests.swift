import Model
import Platform
import TestSupport
import Testing

/// Whose commits are used, and what happens when history is not what it was: from the manifest to the generation.
@Suite(.enabled(if: PythonTools.shared != nil, "\(PythonTools.absence)")) struct TrustTests {
  /// A key in a file, and its public half.
  private func key(_ scenario: Scenario, _ name: String) async throws -> (path: String, text: String) {
    let path = "\(scenario.directory)/\(name)"
    try await scenario.run(
      "/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path)
    let text = String(decoding: try Files.read("\(path).pub"), as: UTF8.self)
    return (path, text.split(separator: "\n").joined())
  }

  /// Puts a signed commit with the same tree on top of `main`.
  private func sign(_ repository: GitRepository, with key: String) async throws -> String {
    let commit = try await repository.git(
      "-c", "gpg.format=ssh", "-c", "user.signingKey=\(key)", "commit-tree", "main^{tree}", "-p", "main", "-m",
      "Signed",
      "-S")
    try await repository.branch("main", at: commit)
    return commit
  }

  @Test func nothingOfAnUnsignedCommitIsRun() async throws {
    try await Scenario.with { scenario in
      let key = try await key(scenario, "release")
      var project = PythonProject("my-link", "0.1")
      project.files["my_link/__init__.py"] = PythonProject.module("the first")
      let repository = try await scenario.repository("link", project)
      try scenario.moduleSet(
        "l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}",
        spec: "git: {verify: {mode: commit, keys: [{name: release, key: \(key.text)}]}}")
      let refused = try await scenario.fails("lock")
      #expect(refused.contains("is not signed by a trusted key"), "it said:\n\(refused)")
      #expect(refused.contains("modules.l") || refused.contains("pinion.yaml"), "it said:\n\(refused)")
      // No build was begun: nothing was exported, no wheel is there.
      #expect(try Files.list("\(scenario.state.cache)/wheels") == [])
      let commit = try await sign(repository, with: key.path)
      try await scenario.succeeds("apply")
      #expect(try scenario.lockfile().contains(commit))
    }
  }

  /// A key for the module alone does not vouch for what the module names.
  @Test func whatAModuleBringsAlongIsSignedToo() async throws {
    try await Scenario.with { scenario in
      let key = try await key(scenario, "release")
      let helper = try await scenario.repository("helper", PythonProject("helper", "0.1"))
      let reference = "helper @ git+http://127.0.0.1:\(scenario.git.port)/helper.git"
      let link = try await scenario.repository("link", PythonProject("my-link", requires: [reference]))
      _ = try await sign(link, with: key.path)
      try scenario.moduleSet(
        "l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}",
        spec: "git: {credentials: [{host: \"127.0.0.1:\(scenario.git.port)\", token: \"${GIT_TOKEN}\"}], "
          + "verify: {mode: commit, keys: [{name: release, key: \(key.text)}]}}")
      let refused = try await scenario.fails("lock")
      #expect(
        refused.contains("is not signed by a trusted key") && refused.contains("helper.git"), "it said:\n\(refused)")
      #expect(refused.contains("modules.l (pinion.yaml:8:5) asks for it by way of my-link"), "it said:\n\(refused)")
      #expect(try Files.list("\(scenario.state.cache)/wheels").count == 1)
      let commit = try await sign(helper, with: key.path)
      try await scenario.succeeds("apply")
      #expect(try scenario.lockfile().contains(commit))
      try await scenario.succeeds("apply", "--locked")
    }
  }

  @Test func aRuleThatCameLaterIsHeldAgainstWhatIsInstalled() async throws {
    try await Scenario.with { scenario in
      let key = try await key(scenario, "release")
      _ = try await scenario.repository("link", PythonProject("my-link", "0.1"))
      let modules = "l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}"
      try scenario.moduleSet(modules)
      try await scenario.succeeds("apply")
      try scenario.moduleSet(
        modules, spec: "git: {verify: {mode: commit, keys: [{name: release, key: \(key.text)}]}}")
      for said in [
        try await scenario.fails("plan"), try await scenario.fails("apply"),
        try await scenario.fails("apply", "--locked"),
      ] {
        #expect(said.contains("is not signed by a trusted key"), "it said:\n\(said)")
      }
      #expect(try await scenario.python("import my_link; print(my_link.__version__)") == "0.1\n")
    }
  }

  @Test func aRewrittenBranchIsReported() async throws {
    try await Scenario.with { scenario in
      let repository = try await scenario.repository("link", PythonProject("my-link", "0.1"))
      let base = try await repository.id(of: "main")
      try await repository.commit(try PythonProject("my-link", "0.2").tree())
      let modules = "l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link", "@main"))\"}"
      try scenario.moduleSet(modules)
      try await scenario.succeeds("apply")
      // Going on is nothing to speak of.
      try await repository.commit(try PythonProject("my-link", "0.3").tree())
      let plain = try await scenario.pinion("apply")
      #expect(plain.status == 0 && !plain.errorOutput.contains("rewritten"), "it said:\n\(plain.errorOutput)")
      try await repository.branch("main", at: base)
      try await repository.commit(try PythonProject("my-link", "0.4").tree())
      try scenario.moduleSet(modules, spec: "policy: {rewinds: deny}")
      let denied = try await scenario.fails("apply")
      #expect(denied.contains("the history of main was rewritten since it was locked"), "it said:\n\(denied)")
      #expect(try await scenario.python("import my_link; print(my_link.__version__)") == "0.3\n")
      try scenario.moduleSet(modules)
      let warned = try await scenario.pinion("apply")
      #expect(warned.status == 0, "it said:\n\(warned.errorOutput)")
      #expect(warned.errorOutput.contains("warning: the history of main was rewritten since it was locked"))
      #expect(try await scenario.python("import my_link; print(my_link.__version__)") == "0.4\n")
    }
  }

  @Test func aHostWhoseCertificateIsNotVerifiedIsNamedEveryTime() async throws {
    try await Scenario.with { scenario in
      try scenario.moduleSet(
        "l: {module: json}", spec: "git: {tls: [{host: localhost, verify: false}]}")
      for command in ["validate", "plan"] {
        let said = try await scenario.pinion(command).errorOutput
        #expect(said.contains("warning: the certificate of localhost is not verified"), "\(command) said:\n\(said)")
      }
    }
  }
}
