import Model
import Platform
import TestSupport
import Testing

@Suite("Changes: what is noticed, and what exactly is done about it")
struct ChangeTests {
  @Test func takingAModuleOutRemovesWhatNothingElseNeeds() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", requires: ["beta", "shared"]), PythonProject("beta"), PythonProject("shared"),
        PythonProject("delta", requires: ["shared"]))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}\nd: {module: delta, pip_name: delta}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0", "delta==1.0", "shared==1.0"])

      try scenario.moduleSet("d: {module: delta, pip_name: delta}")
      let text = try await scenario.succeeds("apply")
      #expect(text.contains("Plan: 0 to install, 0 to replace, 2 to remove, 2 unchanged."))
      #expect(text.contains("- alpha") && text.contains("- beta"))
      #expect(try await scenario.installed() == ["delta==1.0", "shared==1.0"])
      let lockfile = try scenario.lockfile()
      #expect(!lockfile.contains("alpha") && !lockfile.contains("beta"))
    }
  }

  @Test func aChangedPinReplaces() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("alpha", "1.1"), PythonProject("beta"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}\nb: {module: beta, pip_name: beta}")
      try await scenario.succeeds("apply")
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.1}\nb: {module: beta, pip_name: beta}")

      #expect(try await scenario.pinion("lock", "--check").status == 2)
      let stale = try await scenario.fails("apply", "--locked")
      #expect(stale.contains("the lockfile does not fit the manifest"))
      #expect(stale.contains("alpha==1.1"))
      #expect(try await scenario.python("import alpha; print(alpha.__version__)") == "1.0\n")

      let text = try await scenario.succeeds("apply")
      #expect(text.contains("~ alpha  1.0 → 1.1"))
      #expect(text.contains("Plan: 0 to install, 1 to replace, 0 to remove, 1 unchanged."))
      #expect(try await scenario.python("import alpha; print(alpha.__version__)") == "1.1\n")
      #expect(try await scenario.pinion("lock", "--check").status == 0)
    }
  }

  @Test func aMovedBranchIsFollowedUnlessLocked() async throws {
    try await Scenario.with { scenario in
      let repository = try await scenario.repository("link", PythonProject("my-link", "0.1"))
      try scenario.moduleSet("l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link", "@main"))\"}")
      try await scenario.succeeds("apply")
      let old = try await repository.id(of: "main")
      let new = try await repository.commit(try PythonProject("my-link", "0.2").tree())

      #expect(try await scenario.pinion("plan", "--locked", "--detailed-exitcode").status == 0)
      #expect(try await scenario.succeeds("apply", "--locked").contains("up to date"))
      let plan = try await scenario.pinion("plan", "--detailed-exitcode")
      #expect(plan.status == 2)
      #expect(plan.output.contains("~ my-link  0.1 (\(old.prefix(12))) → 0.2 (\(new.prefix(12)))"))
      #expect(try scenario.lockfile().contains(old))

      try await scenario.succeeds("apply")
      #expect(try scenario.lockfile().contains(new))
      #expect(try await scenario.python("import my_link; print(my_link.__version__)") == "0.2\n")
    }
  }

  @Test func aBranchThatMovesWithoutANewVersionIsNoticed() async throws {
    try await Scenario.with { scenario in
      let repository = try await scenario.repository("link", PythonProject("my-link", "0.1"))
      try scenario.moduleSet("l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}")
      try await scenario.succeeds("apply")
      var changed = PythonProject("my-link", "0.1")
      changed.files["my_link/__init__.py"] = PythonProject.module("same version, other text")
      try await repository.commit(try changed.tree())
      #expect(try await scenario.succeeds("apply").contains("1 to replace"))
      #expect(try await scenario.python("import my_link; print(my_link.run())") == "same version, other text\n")
    }
  }

  @Test func aMovedTagIsAcceptedOnlyByName() async throws {
    try await Scenario.with { scenario in
      let repository = try await scenario.repository("link", PythonProject("my-link", "0.1"))
      try await repository.tag("v1", at: "main")
      try scenario.moduleSet("l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link", "@v1"))\"}")
      try await scenario.succeeds("apply")
      try await repository.commit(try PythonProject("my-link", "0.2").tree())
      try await repository.tag("v1", at: "main")
      #expect(try await scenario.succeeds("apply").contains("up to date"))
      #expect(try await scenario.fails("apply", "--upgrade").contains("the tag v1 was moved"))
      try await scenario.succeeds("apply", "--upgrade", "l")
      #expect(try await scenario.python("import my_link; print(my_link.__version__)") == "0.2\n")
    }
  }

  /// Where a repository is asked for a branch, its list of references tells of its tags as well.
  @Test(arguments: [true, false])
  func aMovedTagIsNoticedWhereItsRepositoryIsAskedAnyway(_ branchMoves: Bool) async throws {
    try await Scenario.with { scenario in
      let repository = try await scenario.repository("both", PythonProject("one", "0.1"), in: "one")
      let first = try await repository.commit(try PythonProject("two", "0.1").tree(in: "two"))
      try await repository.tag("v1", at: first)
      try await repository.tag("v2", at: first)
      let modules = """
        o: {module: one, pip_name: "\(scenario.gitRequirement("both", "@main#subdirectory=one"))"}
        t: {module: two, pip_name: "\(scenario.gitRequirement("both", "@v1#subdirectory=two"))"}
        """
      try scenario.moduleSet(modules)
      try await scenario.succeeds("apply")
      let moved = try await repository.commit(
        try PythonProject("two", "0.2").tree(in: "two"), on: branchMoves ? "main" : "other")
      try await repository.tag("v1", at: moved)
      if branchMoves { try await repository.commit(try PythonProject("one", "0.2").tree(in: "one")) }

      for command in ["lock", "plan", "apply"] {
        let text = try await scenario.fails(command)
        #expect(text.contains("the tag v1 was moved since it was locked"), "\(command) said:\n\(text)")
        #expect(text.contains("it was \(first.prefix(12)), it is \(moved.prefix(12))") && text.contains("--upgrade t"))
      }
      #expect(try await scenario.succeeds("apply", "--locked").contains("up to date"))
      try scenario.moduleSet(modules, spec: "policy: {rewinds: warn}")
      let warned = try await scenario.pinion("apply")
      #expect(warned.status == 0)
      #expect(warned.errorOutput.contains("warning: the tag v1 was moved since it was locked"))
      #expect(warned.errorOutput.contains("the locked commit is kept"), "it said:\n\(warned.errorOutput)")
      #expect(try await scenario.installed() == ["one==0.\(branchMoves ? 2 : 1)", "two==0.1"])
      try scenario.moduleSet(modules, spec: "policy: {rewinds: allow}")
      #expect(try await !scenario.pinion("plan").errorOutput.contains("moved"))
      // A tag that is gone is no tag that moved.
      try scenario.moduleSet(modules)
      try await repository.delete("refs/tags/v1")
      try await scenario.succeeds("apply")
      try await repository.tag("v1", at: moved)
      if branchMoves {
        try await scenario.succeeds("apply", "--upgrade", "t")
        #expect(try await scenario.installed() == ["one==0.2", "two==0.2"])
      }
    }
  }

  @Test func packagesThatMoveByThemselvesLeaveTagsAlone() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"))
      let repository = try await scenario.repository("link", PythonProject("my-link", "0.1"))
      try await repository.tag("v1", at: "main")
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\nl: {module: my_link, pip_name: \"\(scenario.gitRequirement("link", "@v1"))\"}",
        spec: "lock: {update: all}")
      try await scenario.succeeds("apply")
      try scenario.index.publish(PythonProject("alpha", "2.0"))
      try await repository.commit(try PythonProject("my-link", "0.2").tree())
      try await repository.tag("v1", at: "main")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==2.0", "my-link==0.1"])
    }
  }

  @Test func aModuleThatAMarkerExcludesIsNamedAndLeftOut() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("beta", "1.0"))
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\nb: {module: beta, pip_name: \"beta ; python_version < '3'\"}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0"])
      #expect(try scenario.lockfile().contains("answer = \"excluded\""))
      let status = try await scenario.succeeds("status")
      #expect(status.contains(/modules\.b +beta +excluded/), "it said:\n\(status)")
      #expect(try await scenario.succeeds("apply", "--locked").contains("up to date"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}\nb: {module: beta, pip_name: beta}")
      let stale = try await scenario.fails("apply", "--locked")
      #expect(stale.contains("modules.b asks for beta, the lockfile has beta ; python_version < \"3\""))
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0"])
    }
  }

  @Test func anAbbreviatedCommitIsNotCalledATag() async throws {
    try await Scenario.with { scenario in
      let repository = try await scenario.repository("link", PythonProject("my-link", "0.1"))
      let short = try await String(repository.id(of: "main").prefix(8))
      try scenario.moduleSet("l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link", "@\(short)"))\"}")
      try await scenario.succeeds("apply")
      try await repository.commit(try PythonProject("my-link", "0.2").tree())
      try await repository.tag(short, at: "main")
      #expect(try await scenario.succeeds("apply").contains("up to date"))
      let text = try await scenario.fails("apply", "--upgrade")
      #expect(text.contains("the abbreviated commit \(short) means another commit than when it was locked"), "\(text)")
      #expect(!text.contains("the tag"))
      try await scenario.succeeds("apply", "--upgrade", "l")
      #expect(try await scenario.python("import my_link; print(my_link.__version__)") == "0.2\n")
    }
  }

  @Test func packagesStayUntilUpgraded() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", "1.0", requires: ["beta"]), PythonProject("beta", "1.0"), PythonProject("gamma", "1.0"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}\ng: {module: gamma, pip_name: gamma}")
      try await scenario.succeeds("apply")
      try scenario.index.publish(PythonProject("beta", "1.1"), PythonProject("gamma", "1.1"), PythonProject("extra"))

      #expect(try await scenario.succeeds("apply").contains("up to date"))
      // A relock for another reason moves nothing that need not move.
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\ng: {module: gamma, pip_name: gamma}\ne: {module: extra, pip_name: extra}")
      #expect(try await scenario.succeeds("apply").contains("Plan: 1 to install, 0 to replace, 0 to remove"))
      try await scenario.succeeds("apply", "--upgrade", "beta")
      #expect(
        try await scenario.installed() == ["alpha==1.0", "beta==1.1", "extra==1.0", "gamma==1.0"])
      try await scenario.succeeds("apply", "--upgrade")
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.1", "extra==1.0", "gamma==1.1"])
    }
  }

  @Test func commentsOptionsAndOrderChangeNothing() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"), PythonProject("beta"))
      try scenario.write(
        "links:\n  a: {module: alpha, pip_name: alpha, options: {x: 1}}\n  b: {module: beta, pip_name: beta}\n",
        to: "config.yml")
      try await scenario.succeeds("apply")
      let lockfile = try scenario.lockfile("default")
      try scenario.write(
        "# a comment\nlinks:\n  b: {module: beta, pip_name: beta}\n  a: {module: alpha, pip_name: alpha, options: {x: 2}}\n",
        to: "config.yml")
      #expect(try await scenario.succeeds("apply", "--locked").contains("up to date"))
      #expect(try await scenario.succeeds("apply").contains("up to date"))
      #expect(try scenario.lockfile("default") == lockfile)
      #expect(scenario.current("default") == "generations/1")
    }
  }

  @Test func equalInputsGiveEqualBytes() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", requires: ["beta"]), PythonProject("beta"))
      _ = try await scenario.repository("link", PythonProject("my-link"))
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\nl: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}")
      try await scenario.succeeds("lock")
      let first = try scenario.lockfile()
      try Files.remove("\(scenario.project)/pylock.demo.toml")
      try Files.remove(scenario.state.root)
      try await scenario.succeeds("lock")
      #expect(try scenario.lockfile() == first)
      #expect(!first.contains(scenario.directory))
      try await scenario.succeeds("lock", "--upgrade")
      #expect(try scenario.lockfile() == first)
    }
  }

  @Test func lockedNeedsALockfile() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      for command in ["plan", "apply"] {
        #expect(try await scenario.fails(command, "--locked").contains("there is no lockfile"))
      }
    }
  }

  @Test func aSavedPlanIsAppliedAsItIsOrNotAtAll() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("alpha", "1.1"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha<1.1}")
      try await scenario.succeeds("plan", "-o", "saved.json")
      #expect(try await scenario.succeeds("apply", "saved.json").contains("generation 1"))
      #expect(try await scenario.fails("apply", "saved.json").contains("no longer holds"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      try await scenario.succeeds("plan", "-o", "saved.json")
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}")
      #expect(try await scenario.fails("apply", "saved.json").contains("the manifest changed"))
      #expect(try await scenario.fails("apply", "pylock.demo.toml").contains("this is no saved plan"))
    }
  }

  @Test func aSavedPlanThatDoesNotFitIsSaidToBeSo() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("alpha", "1.1"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}")
      try await scenario.succeeds("plan", "-o", "saved.json")
      let saved = String(decoding: try Files.read("\(scenario.project)/saved.json"), as: UTF8.self)
      #expect(try await scenario.fails("apply", "absent.json").contains("absent.json"))
      let wrong = [
        ("cut", String(saved.prefix(saved.count / 2)), "this is no saved plan"), ("empty", "", "this is no saved plan"),
        ("other", #"{"formatVersion": 1}"#, "this is no saved plan"),
        ("newer", #"{"formatVersion": 2, "plans": []}"#, "the plan has format 2, this Pinion reads 1"),
        (
          "foreign", saved.replacing("\"name\" : \"demo\"", with: "\"name\" : \"elsewhere\""),
          "the plan is for the environment elsewhere, which no manifest declares here"
        ),
        (
          "damaged", saved.replacing("lock-version", with: "lock version"), "the lockfile cannot be read"
        ),
      ]
      for (name, text, complaint) in wrong {
        try scenario.write(text, to: "\(name).json")
        let said = try await scenario.fails("apply", "\(name).json")
        #expect(said.contains(complaint), "\(name): \(said)")
      }
      // The lockfile that is there rules where --locked says so.
      #expect(try await scenario.fails("apply", "saved.json", "--locked").contains("leads to another lockfile"))
      try await scenario.succeeds("lock")
      #expect(try await scenario.succeeds("apply", "saved.json", "--locked").contains("generation 1"))

      try await scenario.succeeds("plan", "-o", "saved.json")
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.1}")
      let changed = try await scenario.fails("apply", "saved.json")
      #expect(changed.contains("the saved plan no longer holds") && changed.contains("the manifest changed"))
      try await scenario.succeeds("plan", "-o", "saved.json")
      try await scenario.succeeds("apply")
      let stale = try await scenario.fails("apply", "saved.json")
      #expect(stale.contains("it starts from generation 1, generation 2 is in use"), "\(stale)")
    }
  }

  @Test func environmentsAreAppliedIndependently() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"), PythonProject("beta"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}", name: "one", file: "manifests/one.yaml")
      try scenario.moduleSet(
        "b: {module: absent_thing, pip_name: absent-thing}", name: "two", file: "manifests/two.yaml")
      try scenario.moduleSet("b: {module: beta, pip_name: beta}", name: "zed", file: "manifests/zed.yml")
      let outcome = try await scenario.pinion("apply", "--state", scenario.state.root)
      #expect(outcome.status == 1)
      #expect(scenario.current("one") == "generations/1")
      #expect(scenario.current("two") == nil)
      #expect(scenario.current("zed") == "generations/1")
      let several = try await scenario.pinion("exec", "--state", scenario.state.root, "--", "python", "-V")
      #expect(several.status == 64)
      #expect(several.errorOutput.contains("one, two, zed"))
      #expect(
        try await scenario.succeeds(
          "exec", "--state", scenario.state.root, "--environment", "zed", "--", "python", "-c", "import beta") == "")
    }
  }
}
