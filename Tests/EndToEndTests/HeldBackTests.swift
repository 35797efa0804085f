import Model
import Platform
import TestSupport
import Testing

@Suite("keep-others: what cannot be resolved is held back, and the others go on")
struct HeldBackTests {
  private static let keep = "onFailure: keep-others"

  private func status(_ scenario: Scenario) async throws -> (ready: String?, modules: [String: [String?]]) {
    let json = try #require(JSONNode(Array(try await scenario.succeeds("status", "--format", "json").utf8)))
    let environment = try #require(json["environments"]?.array?.first)
    let ready = environment["conditions"]?.array?.first { $0["type"]?.string == "Ready" }
    var modules: [String: [String?]] = [:]
    for module in environment["modules"]?.array ?? [] {
      let condition = module["conditions"]?.array?.first
      modules[module["name"]?.string ?? ""] = [
        module["state"]?.string, condition?["status"]?.string, condition?["reason"]?.string,
      ]
    }
    return (ready.map { "\($0["status"]?.string ?? "") \($0["reason"]?.string ?? "")" }, modules)
  }

  @Test func whatCannotBeBuiltHoldsBackThoseThatLeadThere() async throws {
    try await Scenario.with { scenario in
      var source = PythonProject("source-only")
      source.isSdist = true
      source.onBuild = "raise RuntimeError('no libfoo')"
      // This one says what it needs, and fails when it is built in earnest.
      var later = PythonProject("later-only")
      later.isSdist = true
      later.onBuild =
        "import os\np = '\(scenario.directory)/once'\nif os.path.exists(p): raise RuntimeError('no libbar')\nopen(p, 'w')"
      try scenario.index.publish(
        source, later, PythonProject("alpha"), PythonProject("beta", requires: ["source-only"]),
        PythonProject("gamma", requires: ["later-only"]))
      let modules = "a: {module: alpha, pip_name: alpha}\n"
      let beta = modules + "b: {module: beta, pip_name: beta}"
      try scenario.moduleSet(beta)
      let text = try await scenario.fails("lock")
      #expect(text.contains("source-only 1.0 could not be built"), "it said:\n\(text)")
      #expect(text.contains("modules.b (") && !text.contains("modules.a (") && text.contains("no libfoo"))
      try scenario.moduleSet(beta, spec: Self.keep)
      #expect(try await scenario.pinion("apply").status == 1)
      #expect(try await scenario.installed() == ["alpha==1.0"])

      let gamma = modules + "g: {module: gamma, pip_name: gamma}"
      try scenario.moduleSet(gamma)
      let said = try await scenario.fails("lock")
      #expect(said.contains("later-only 1.0: the wheel could not be built"), "it said:\n\(said)")
      #expect(said.contains("modules.g (") && said.contains("by way of gamma 1.0") && said.contains("no libbar"))
      #expect(!said.contains("checkout"))
      try scenario.moduleSet(gamma, spec: Self.keep)
      #expect(try await scenario.pinion("apply").status == 1)
      #expect(try await scenario.installed() == ["alpha==1.0"])
    }
  }

  @Test func aBadReferenceHoldsBackItsModuleAlone() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", "1.0", requires: ["shared<2"]), PythonProject("alpha", "1.1", requires: ["shared"]),
        PythonProject("shared", "1.0"), PythonProject("shared", "2.0"))
      let link = try await scenario.repository("link", PythonProject("my-link", requires: ["shared<2"]))
      _ = try await scenario.repository("other", PythonProject("other-link"))
      func declare(_ reference: String, alpha: String) throws {
        try scenario.moduleSet(
          "a: {module: alpha, pip_name: \(alpha)}\nl: {module: my_link, pip_name: \"\(scenario.gitRequirement("link", reference))\"}\n"
            + "o: {module: other_link, pip_name: \"\(scenario.gitRequirement("other"))\"}", spec: Self.keep)
      }
      try declare("@main", alpha: "alpha==1.0")
      try await scenario.succeeds("apply")
      let first = ["alpha==1.0", "my-link==1.0", "other-link==1.0", "shared==1.0"]
      #expect(try await scenario.installed() == first)
      let commit = try await link.id(of: "main")
      // The others go on; what the module needs stays with it.
      try declare("@mian", alpha: "alpha==1.1")
      let plan = try await scenario.pinion("plan")
      #expect(plan.status == 1 && scenario.current() == "generations/1")
      try scenario.expectRecorded(plan.text, named: "held-back-plan")
      let apply = try await scenario.pinion("apply")
      #expect(apply.status == 1)
      try scenario.expectRecorded(apply.text, named: "held-back-apply")
      #expect(try await scenario.installed() == ["alpha==1.1", "my-link==1.0", "other-link==1.0", "shared==1.0"])
      let lockfile = try scenario.lockfile()
      #expect(lockfile.contains("held-back = [\"modules.l\"]") && lockfile.contains(commit))
      #expect(lockfile.contains("link.git@main\""))
      let found = try await status(scenario)
      #expect(found.ready == "False ModulesHeldBack")
      #expect(found.modules["l"] == ["installed", "False", "GitReferenceAbsent"])
      #expect(found.modules["a"] == ["installed", nil, nil])
      // What stays as it was locked is explained by that, and not by what is declared now.
      let explained = try await scenario.succeeds("explain", "modules.l")
      #expect(
        explained.contains("note: modules.l is held back: as it is declared it could not be resolved"), "\(explained)")
      #expect(explained.contains("link.git@main") && !explained.contains("mian\n"), "\(explained)")
      try scenario.expectRecorded(try await scenario.succeeds("status"), named: "held-back-status")
      try scenario.expectRecorded(
        try await scenario.succeeds("status", "--format", "json"), named: "held-back-status-json")
      // Nothing is new: it is tried again, said again, and nothing changes.
      let again = try await scenario.pinion("apply")
      #expect(again.status == 1 && again.text.contains("up to date but for what is held back"), "\(again.text)")
      #expect(try scenario.lockfile() == lockfile && scenario.current() == "generations/2")
      // A lockfile that rules is held to the whole manifest.
      let locked = try await scenario.fails("apply", "--locked")
      #expect(locked.contains("modules.l could not be resolved when the lockfile was made"), "\(locked)")
      // Once it is mended, all is well, and nothing is left of it.
      try declare("@main", alpha: "alpha==1.1")
      try await scenario.succeeds("apply")
      #expect(try !scenario.lockfile().contains("held-back"))
      let mended = try await status(scenario)
      #expect(mended.ready == "True Applied" && mended.modules["l"] == ["installed", nil, nil])
      try await scenario.succeeds("lock", "--check")
    }
  }

  @Test func anAbsentPackageThatWasNeverLockedIsLeftOut() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"), PythonProject("beta"))
      let modules = "a: {module: alpha, pip_name: alpha}\nn: {module: nowhere, pip_name: nowhere}"
      try scenario.moduleSet(modules, spec: Self.keep)
      let lock = try await scenario.pinion("lock")
      #expect(lock.status == 1)
      try scenario.expectRecorded(lock.text, named: "held-back-lock")
      let explained = try await scenario.succeeds("explain", "n")
      #expect(explained.contains("modules.n is held back and left out"), "\(explained)")
      #expect(try await scenario.succeeds("explain", "n", "--format", "json").contains("\"heldBack\""))
      // A check is about the lockfile: it would not change.
      #expect(try await scenario.pinion("lock", "--check").status == 1)
      let whole = try scenario.lockfile()
      try scenario.write(whole.replacing("held-back = [\"modules.n\"]\n", with: ""), to: "pylock.other.toml")
      let difference = try await scenario.succeeds("diff", "pylock.other.toml", "pylock.demo.toml")
      #expect(difference.contains("~ held-back  none → modules.n"), "\(difference)")
      #expect(difference.contains("Difference: 0 added, 0 changed, 0 removed, 1 setting changed."), "\(difference)")
      // And now it would, whatever is held back.
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\nb: {module: beta, pip_name: beta}\nn: {module: nowhere, pip_name: nowhere}",
        spec: Self.keep)
      let check = try await scenario.pinion("lock", "--check")
      #expect(check.status == 2 && check.text.contains("+ beta"), "\(check.text)")
      try scenario.moduleSet(modules, spec: Self.keep)
      let json = try await scenario.pinion("apply", "--format", "json")
      #expect(json.status == 1)
      try scenario.expectRecorded(json.output, named: "held-back-json")
      #expect(try await scenario.installed() == ["alpha==1.0"])
      #expect(try await status(scenario).modules["n"] == ["absent", "False", "PackageAbsent"])
      // The next run finds that it is there by now.
      try scenario.index.publish(PythonProject("nowhere"))
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0", "nowhere==1.0"])
      #expect(try await status(scenario).ready == "True Applied")
    }
  }

  @Test func ofTwoThatCannotGoTogetherTheOneThatChangedIsHeldBack() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("core", "1.0"), PythonProject("core", "2.0"), PythonProject("new", "1.0", requires: ["core"]),
        PythonProject("new", "2.0", requires: ["core>=2"]), PythonProject("old", requires: ["core<2"]),
        PythonProject("later", requires: ["core>=2"]))
      try scenario.moduleSet(
        "n: {module: new, pip_name: new==1.0}\no: {module: old, pip_name: old}", spec: Self.keep)
      try await scenario.succeeds("apply")
      let before = ["core==1.0", "new==1.0", "old==1.0"]
      #expect(try await scenario.installed() == before)
      // One that changed and one that is new: both stand against one that is as it was.
      try scenario.moduleSet(
        "n: {module: new, pip_name: new==2.0}\no: {module: old, pip_name: old}\nl: {module: later, pip_name: later}",
        spec: Self.keep)
      let apply = try await scenario.pinion("apply")
      #expect(apply.status == 1)
      #expect(apply.text.contains("modules.n stays as it was locked"), "\(apply.text)")
      #expect(apply.text.contains("modules.l is left out: it was never locked"), "\(apply.text)")
      #expect(try await scenario.installed() == before)
      try scenario.expectRecorded(apply.text, named: "held-back-unsolvable")
      #expect(try await status(scenario).modules["o"] == ["installed", nil, nil])
      // Nobody is held back where the manifest does not say so.
      try scenario.moduleSet("n: {module: new, pip_name: new==2.0}\no: {module: old, pip_name: old}")
      #expect(try await scenario.fails("lock").contains("modules.n and modules.o cannot go together"))
    }
  }

  @Test func whatHelpsOneIsTriedWithoutTheOthersThatAreHeldBack() async throws {
    try await Scenario.with { scenario in
      var broken = PythonProject("broken")
      (broken.isSdist, broken.onBuild) = (true, "raise RuntimeError('no libfoo')")
      try scenario.index.publish(
        broken, PythonProject("alpha", "1.2"), PythonProject("core", "1.0"), PythonProject("core", "2.0"),
        PythonProject("one", requires: ["core<2"]), PythonProject("two", requires: ["core>=2"]),
        PythonProject("needs-broken", requires: ["broken"]))
      try scenario.moduleSet(
        "s: {module: one, pip_name: one}\np: {module: alpha, pip_name: alpha==7}\na: {module: two, pip_name: two}\n"
          + "n: {module: needs_broken, pip_name: needs-broken}\nq: {module: nowhere, pip_name: nowhere}",
        spec: Self.keep)
      let lock = try await scenario.pinion("lock")
      #expect(lock.status == 1)
      #expect(lock.text.contains("pip_name: alpha, which leads to alpha 1.2"), "\(lock.text)")
      #expect(!lock.text.contains("nothing else that was tried helps"), "\(lock.text)")
    }
  }

  @Test func whatARuleForbidsIsHeldBackToo() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"), PythonProject("beta", "1.0"), PythonProject("beta", "2.0"))
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha==1.0}\nb: {module: beta, pip_name: beta==1.0}",
        spec: "\(Self.keep)\npolicy: {pinned: require}")
      try await scenario.succeeds("apply")
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha==1.0}\nb: {module: beta, pip_name: beta>=2}",
        spec: "\(Self.keep)\npolicy: {pinned: require}")
      let apply = try await scenario.pinion("apply")
      #expect(apply.status == 1 && apply.text.contains("modules.b is not pinned"), "\(apply.text)")
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0"])
      let explained = try await scenario.succeeds("explain", "beta")
      #expect(explained.contains("(modules.b is not pinned"), "\(explained)")
      #expect(
        explained.contains("why: it stays as it was locked, since modules.b needs it and is held back"), "\(explained)")
      // What is locked is held to the rules as well: nothing is kept that they forbid.
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha==1.0}\nb: {module: beta, pip_name: beta==1.0}",
        spec: "\(Self.keep)\npolicy: {sources: {deny: [beta]}}")
      #expect(try await scenario.fails("apply").contains("beta"))
    }
  }

  @Test func whereNothingIsLeftTheRunFails() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"))
      try scenario.moduleSet("n: {module: nowhere, pip_name: nowhere}", spec: Self.keep)
      #expect(try await scenario.fails("apply").contains("which is on no package index that is asked"))
      // An index that is not there is nobody's fault.
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\nn: {module: nowhere, pip_name: nowhere}", spec: Self.keep)
      let text = try await scenario.fails("apply", with: ["PIP_INDEX_URL": "http://127.0.0.1:9/simple"])
      #expect(!text.contains("left out"), "\(text)")
    }
  }

  @Test func aSavedPlanKeepsWhatItWasMadeWithout() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"))
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\nn: {module: nowhere, pip_name: nowhere}", spec: Self.keep)
      #expect(try await scenario.pinion("plan", "-o", "plan.json").status == 1)
      let apply = try await scenario.pinion("apply", "plan.json")
      #expect(apply.status == 1)
      try scenario.expectRecorded(apply.text, named: "held-back-saved-plan")
      #expect(try await scenario.installed() == ["alpha==1.0"])
    }
  }

  @Test func aServerThatIsDownHoldsBackItsModules() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("alpha", "2.0"))
      _ = try await scenario.repository("link", PythonProject("my-link"))
      func declare(alpha: String) throws {
        try scenario.moduleSet(
          "a: {module: alpha, pip_name: \(alpha)}\nl: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}",
          spec: Self.keep)
      }
      try declare(alpha: "alpha==1.0")
      try await scenario.succeeds("apply")
      scenario.git.stop()
      let idle = try await scenario.pinion("apply")
      #expect(idle.status == 1 && idle.text.contains("modules.l stays as it was locked"), "\(idle.text)")
      try declare(alpha: "alpha==2.0")
      let apply = try await scenario.pinion("apply")
      #expect(apply.status == 1)
      #expect(try await scenario.installed() == ["alpha==2.0", "my-link==1.0"])
      #expect(try await status(scenario).modules["l"]?[1] == "False")
    }
  }
}
