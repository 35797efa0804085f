import Model
import Platform
import TestSupport
import Testing

@Suite("Policy, constraints and indexes: what an environment may be made of")
struct PolicyTests {
  @Test func aForbiddenSourceIsNamedWithWhoeverNeedsIt() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", requires: ["evil-dep"]), PythonProject("evil-dep"))
      let modules = "a: {module: alpha, pip_name: alpha}"
      try scenario.moduleSet(modules, spec: "policy: {sources: {deny: [\"evil-*\"]}}")
      let text = try await scenario.fails("lock")
      #expect(text.contains("evil-dep 1.0 (needed by modules.a)"), "\(text)")
      #expect(text.contains("'evil-*' forbids (pinion.yaml:6:"), "\(text)")
      // A lockfile that was made before there was a rule is held against it, also where nothing else changed.
      try scenario.moduleSet(modules)
      try await scenario.succeeds("apply")
      try scenario.moduleSet(modules, spec: "policy: {sources: {deny: [\"evil-*\"]}}")
      #expect(try await scenario.fails("apply", "--locked").contains("evil-dep 1.0 (needed by modules.a)"))
      #expect(try await scenario.fails("plan").contains("evil-dep 1.0 (needed by modules.a)"))
    }
  }

  @Test func aKeptLockfileIsHeldAgainstTheRules() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", requires: ["beta"]), PythonProject("beta"))
      let modules = "a: {module: alpha, pip_name: alpha}"
      try scenario.moduleSet(modules)
      try await scenario.succeeds("apply")
      func expect(_ text: String, spec: String) async throws {
        try scenario.moduleSet(modules, spec: spec)
        for command in ["lock", "plan", "apply"] {
          let said = try await scenario.fails(command)
          #expect(said.contains(text), "\(command): \(said)")
          let locked = try await scenario.fails(command, command == "lock" ? "--check" : "--locked")
          #expect(locked.contains(text), "\(command): \(locked)")
        }
      }
      try await expect("modules.a is not pinned: alpha names no version", spec: "policy: {pinned: require}")
      try await expect(
        "beta 1.0 (needed by modules.a): it has a name which 'beta' forbids (pinion.yaml:6:",
        spec: "policy: {sources: {deny: [beta]}}")
    }
  }

  /// The wheel is kept, and installed: what it was built of is judged by what was found then.
  @Test func whatWasBuiltOfASubmoduleIsHeldAgainstLaterRules() async throws {
    try await Scenario.with { scenario in
      let lib = try await GitRepository.create("\(scenario.repositories)/lib.git")
      let inner = try await lib.commit(["lib.h": "int x;\n"])
      let repository = try await scenario.repository("link", PythonProject("my-link"))
      try await repository.commit([
        ".gitmodules": "[submodule \"lib\"]\n\tpath = lib\n\turl = ../lib.git\n", "lib": .submodule(inner),
      ])
      let modules = "l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}"
      let credentials =
        "git: {credentials: [{host: \"127.0.0.1:\(scenario.git.port)\", path: lib.git, token: \"${GIT_TOKEN}\"}]}\n"
      try scenario.moduleSet(modules, spec: credentials)
      try await scenario.succeeds("apply")
      try scenario.moduleSet(
        modules, spec: credentials + "policy: {sources: {deny: [\"git+http://127.0.0.1:*/lib.git\"]}}")
      for arguments in [["lock"], ["plan"], ["apply"], ["apply", "--locked"], ["apply", "--upgrade"]] {
        let outcome = try await scenario.tool().run(arguments)
        #expect(outcome.status == 1, "\(arguments)")
        let text = "the submodule 'lib' comes from http://127.0.0.1:\(scenario.git.port)/lib.git"
        #expect(outcome.errorOutput.contains(text), "\(arguments) said:\n\(outcome.text)")
      }
    }
  }

  @Test func aSavedPlanIsHeldAgainstTheRules() async throws {
    try await Scenario.with { scenario in
      var source = PythonProject("beta")
      source.isSdist = true
      source.uploadTime = "2026-03-01T00:00:00Z"
      try scenario.index.publish(PythonProject("alpha", requires: ["beta"]), source)
      let modules = "a: {module: alpha, pip_name: alpha}"
      try scenario.moduleSet(modules)
      try await scenario.succeeds("plan", "-o", "plan.json")
      for (rule, expected) in [
        ("pinned: require", "modules.a is not pinned"), ("sources: {deny: [beta]}", "'beta' forbids"),
        ("builds: deny", "beta 1.0 (needed by modules.a): it would have to be built from its source distribution"),
        ("excludeNewer: 2026-02-01", "beta 1.0 (needed by modules.a): beta-1.0.tar.gz came to its index on"),
      ] {
        try scenario.moduleSet(modules, spec: "policy: {\(rule)}")
        let text = try await scenario.fails("apply", "plan.json")
        #expect(text.contains(expected), "\(text)")
        #expect(scenario.current() == nil)
      }
      try scenario.moduleSet(modules)
      try await scenario.succeeds("apply", "plan.json")
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0"])
    }
  }

  @Test func aHostsRulesJudgeWhatALockfileHas() async throws {
    try await Scenario.with { scenario in
      var old = PythonProject("alpha", "1.0")
      old.uploadTime = "2026-01-01T00:00:00.123456Z"
      var new = PythonProject("alpha", "2.0")
      new.uploadTime = "2026-03-01T00:00:00Z"
      var source = PythonProject("beta", "2.0")
      source.isSdist = true
      source.uploadTime = "2026-01-01T00:00:00Z"
      var wheel = PythonProject("beta", "1.0")
      wheel.uploadTime = "2026-01-01T00:00:00Z"
      try scenario.index.publish(old, new, source, wheel)
      func host(_ policy: String) throws {
        try scenario.write(
          "apiVersion: pinion/v1\nkind: HostPolicy\nspec:\n  policy: {\(policy)}\n", to: "host.yaml")
      }
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}\nb: {module: beta, pip_name: beta}")
      try await scenario.succeeds("apply")
      #expect(try scenario.lockfile().contains("upload-time = 2026-03-01T00:00:00Z"))
      #expect(try await scenario.installed() == ["alpha==2.0", "beta==2.0"])
      try await scenario.agreesWithOtherTools()
      // A rule that nothing breaks asks for no other lockfile.
      for policy in ["excludeNewer: 2026-03-31", "downgrade: deny", "impliedPackages: deny"] {
        try host(policy)
        try await scenario.succeeds("apply", "--locked", "--host-policy", "host.yaml")
      }
      try host("excludeNewer: 2026-02-01")
      let age = try await scenario.fails("apply", "--locked", "--host-policy", "host.yaml")
      #expect(age.contains("alpha 2.0 (needed by modules.a): alpha-2.0-"), "\(age)")
      #expect(age.contains("came to its index on 2026-03-01T00:00:00Z"), "\(age)")
      #expect(age.contains("the rule is `policy.excludeNewer: 2026-02-01` at host.yaml:4:"), "\(age)")
      #expect(age.contains("pinion lock"), "\(age)")
      try host("builds: deny")
      let builds = try await scenario.fails("apply", "--locked", "--host-policy", "host.yaml")
      #expect(builds.contains("beta 2.0 (needed by modules.b): it would have to be built"), "\(builds)")
      #expect(builds.contains("the rule is `policy.builds: deny` at host.yaml:4:"), "\(builds)")
      // Where it may be made anew, that mends it, and only what breaks the rule moves.
      try await scenario.succeeds("apply", "--host-policy", "host.yaml")
      #expect(try await scenario.installed() == ["alpha==2.0", "beta==1.0"])
      try host("excludeNewer: 2026-02-01")
      #expect(try await scenario.pinion("lock", "--check", "--host-policy", "host.yaml").status == 2)
      try await scenario.succeeds("apply", "--host-policy", "host.yaml")
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0"])
      try await scenario.succeeds("apply", "--locked")
    }
  }

  @Test func anImpliedPackageInALockfileIsHeldAgainstTheRule() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"))
      try scenario.moduleSet("a: {module: alpha}", spec: "policy: {impliedPackages: allow}")
      try await scenario.succeeds("apply")
      try scenario.moduleSet("a: {module: alpha}", spec: "policy: {impliedPackages: deny}")
      let rule = "the rule is `policy.impliedPackages: deny` at pinion.yaml:6:"
      let locked = try await scenario.fails("apply", "--locked")
      #expect(locked.contains("modules.a has no pip_name, and the lockfile takes its module's name"), "\(locked)")
      #expect(locked.contains(rule), "\(locked)")
      let text = try await scenario.fails("lock")
      #expect(text.contains("a package of its name is not implied: \(rule)"), "\(text)")
      try scenario.moduleSet("a: {module: alpha}", spec: "policy: {impliedPackages: warn}")
      let warned = try await scenario.pinion("lock", "--upgrade")
      #expect(warned.text.contains("the rule is `policy.impliedPackages: warn` at pinion.yaml:6:"), "\(warned.text)")
    }
  }

  @Test func anOverrideUndoesNoPinUnnoticed() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("alpha", "1.1"))
      let rules = "policy: {pinned: require}\noverrides: [alpha]\n"
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}", spec: rules)
      let text = try await scenario.fails("lock")
      #expect(text.contains("modules.a is not pinned: the override at pinion.yaml:7:"), "\(text)")
      // Constraints narrow what an override says.
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}", spec: rules + "constraints: [alpha==1.0]")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0"])
    }
  }

  @Test func nothingIsBuiltWhereNothingMayBe() async throws {
    try await Scenario.with { scenario in
      var source = PythonProject("sourced", "2.0")
      source.isSdist = true
      source.onBuild = "open('\(scenario.directory)/built', 'w').close()"
      try scenario.index.publish(source, PythonProject("sourced", "1.0"), PythonProject("alpha", requires: ["sourced"]))
      _ = try await scenario.repository("link", PythonProject("my-link"))
      let rule = "policy: {builds: deny}"
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}", spec: rule)
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0", "sourced==1.0"])
      try scenario.moduleSet("a: {module: sourced, pip_name: sourced==2.0}", spec: rule)
      #expect(
        try await scenario.fails("lock").contains(
          "what would have to be built is passed over: the rule is `policy.builds: deny` at pinion.yaml:6:"))
      // What a rule keeps from being run is not run to find out whether that would help.
      #expect(!Files.exists("\(scenario.directory)/built"))
      try scenario.index.withdraw("sourced", "1.0")
      #expect(
        try await scenario.fails("lock").contains(
          "a source distribution, and the policy's `builds` is deny; the rule is `policy.builds: deny` at pinion.yaml:6:"
        ))
      try scenario.moduleSet("l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}", spec: rule)
      let text = try await scenario.fails("lock")
      #expect(text.contains("modules.l would have to be built from a git repository"))
      #expect(!Files.exists("\(scenario.directory)/built"))
    }
  }

  @Test func filesThatAreTooNewArePassedOver() async throws {
    try await Scenario.with { scenario in
      var old = PythonProject("alpha", "1.0", requires: ["beta"])
      old.uploadTime = "2026-01-01T00:00:00.123456Z"
      var new = PythonProject("alpha", "2.0")
      new.uploadTime = "2026-03-01T00:00:00Z"
      var beta = PythonProject("beta", "1.0")
      beta.uploadTime = "2025-12-31T23:59:59Z"
      try scenario.index.publish(old, new, beta, PythonProject("ageless"))
      let rule = "policy: {excludeNewer: 2026-02-01}"
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}", spec: rule)
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0"])
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha>=2}", spec: rule)
      #expect(try await scenario.fails("lock").contains("`policy.excludeNewer: 2026-02-01` at pinion.yaml:6:"))
      try scenario.moduleSet("a: {module: ageless, pip_name: ageless}", spec: rule)
      let ageless = try await scenario.fails("lock")
      #expect(ageless.contains("1 file: of unknown age"), "\(ageless)")
      #expect(ageless.contains("pinion.yaml:8:5: error: no file of ageless may be used"), "\(ageless)")
      #expect(ageless.contains("modules.a (pinion.yaml:8:5) asks for ageless"), "\(ageless)")
      #expect(ageless.contains("the rule is `policy.excludeNewer: 2026-02-01` at pinion.yaml:6:"), "\(ageless)")
      // The module is named as well where it asks for it by way of another.
      var between = PythonProject("between", requires: ["ageless"])
      between.uploadTime = "2026-01-01T00:00:00Z"
      try scenario.index.publish(between)
      try scenario.moduleSet("b: {module: between, pip_name: between}", spec: rule)
      let byWay = try await scenario.fails("lock")
      #expect(byWay.contains("pinion.yaml:8:5: error: no file of ageless may be used"), "\(byWay)")
      #expect(byWay.contains("modules.b (pinion.yaml:8:5) asks for between"), "\(byWay)")
      // A rule that is gone makes no lockfile wrong.
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      try await scenario.succeeds("lock", "--check")
      try await scenario.succeeds("apply", "--upgrade")
      #expect(try await scenario.installed() == ["alpha==2.0"])
    }
  }

  @Test func nothingGoesBackWhereThatIsForbidden() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("alpha", "1.1"))
      let rule = "policy: {downgrade: deny}"
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}", spec: rule)
      try await scenario.succeeds("apply")
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}", spec: rule)
      let text = try await scenario.fails("apply")
      #expect(text.contains("alpha 1.0 (needed by modules.a): it would go back from 1.1"), "\(text)")
      // Also with a lockfile that somebody else made.
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}")
      try await scenario.succeeds("lock")
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}", spec: rule)
      #expect(try await scenario.fails("apply", "--locked").contains("it would go back from 1.1"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}")
      try await scenario.succeeds("apply", "--locked")
      #expect(try await scenario.installed() == ["alpha==1.0"])
    }
  }

  @Test func constraintsNarrowAndOverridesReplace() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", requires: ["beta>=1", "gamma>=2"]), PythonProject("beta", "1.0"),
        PythonProject("beta", "2.0"), PythonProject("gamma", "1.0"), PythonProject("gamma", "2.0"),
        PythonProject("unused"))
      let modules = "a: {module: alpha, pip_name: alpha}"
      try scenario.moduleSet(modules, spec: "constraints: [\"beta<2\", unused==9]\noverrides: [gamma==1.0]")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0", "gamma==1.0"])
      try scenario.moduleSet(modules, spec: "constraints: [\"beta<2\"]")
      #expect(try await scenario.fails("apply", "--locked").contains("indexes, python or other inputs changed"))
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0", "gamma==2.0"])
      try scenario.moduleSet(modules, spec: "constraints: [\"beta>2\"]")
      #expect(try await scenario.fails("lock").contains("modules.a and spec.constraints cannot go together"))
    }
  }

  @Test func anIndexWithPackagesServesTheseAndNoOthers() async throws {
    try await Scenario.with { scenario in
      var options = IndexServer.Options()
      options.token = Scenario.token
      let other = try IndexServer.start(root: "\(scenario.directory)/private", options: options)
      defer { other.stop() }
      try scenario.index.publish(
        PythonProject("acme-alpha", "9.0"), PythonProject("beta", "1.0"), PythonProject("acme-core", "9.0"))
      try other.publish([
        PythonProject("acme-alpha", "1.0", requires: ["beta", "acme-core"]), PythonProject("acme-core", "1.0"),
        PythonProject("beta", "6.6"),
      ])
      try scenario.write(Scenario.token + "\n", to: "secret/token")
      for credentials in [
        "token: \"${GIT_TOKEN}\"", "tokenFile: secret/token", "username: user, password: \"${GIT_TOKEN}\"",
      ] {
        try scenario.moduleSet(
          "a: {module: acme_alpha, pip_name: acme-alpha}\nb: {module: beta, pip_name: beta}",
          spec:
            "indexes: [{name: acme, url: \"http://127.0.0.1:\(other.port)/simple\", packages: [\"acme-*\"], \(credentials)}]"
        )
        try await scenario.succeeds("apply", "--upgrade")
        #expect(try await scenario.installed() == ["acme-alpha==1.0", "acme-core==1.0", "beta==1.0"])
        #expect(try other.requests().allSatisfy { $0.contains("acme") })
        #expect(!(try scenario.lockfile().contains(Scenario.token)))
      }
    }
  }

  @Test func theHostsRulesHoldWhateverAManifestSays() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", requires: ["beta"]), PythonProject("beta"))
      try scenario.write(
        "apiVersion: pinion/v1\nkind: HostPolicy\nspec:\n  policy: {sources: {deny: [beta]}, pinned: require}\n",
        to: "host.yaml")
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}")
      let text = try await scenario.fails("apply", "--host-policy", "host.yaml")
      #expect(text.contains("'beta' forbids (host.yaml:4:"), "\(text)")
      #expect(
        try await scenario.fails("apply", with: ["PINION_HOST_POLICY": "host.yaml"]).contains("'beta' forbids"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}", spec: "policy: {pinned: \"off\"}")
      let loosened = try await scenario.fails("apply", "--host-policy", "host.yaml")
      #expect(loosened.contains("host.yaml:4:") && loosened.contains("pinion.yaml:6:"), "\(loosened)")
      try await scenario.succeeds("apply")
    }
  }

  @Test func onlyUsedLinksAreInstalledWhereThatIsAsked() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"), PythonProject("beta"))
      let config = """
        links:
          used: {module: alpha, pip_name: alpha}
          unused: {module: beta, pip_name: beta}
        chains:
          main: {links: [used], enabled: 1}
          off: {links: [unused], enabled: 0}

        """
      try scenario.write("pinion: {name: demo, onlyUsed: true}\n" + config, to: "config.yml")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0"])
      try scenario.write("pinion: {name: demo}\n" + config, to: "config.yml")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0"])
    }
  }
}
