import Model
import Platform
import TestSupport
import Testing

@Suite("Repositories that git modules need in turn: fetched with declared credentials, locked, and held to the rules")
struct BroughtTests {
  private func credentials(_ scenario: Scenario) -> String {
    "git: {credentials: [{host: \"127.0.0.1:\(scenario.git.port)\", token: \"${GIT_TOKEN}\"}]}"
  }

  /// A reference as a project's metadata has it: without any credential.
  private func reference(_ scenario: Scenario, _ name: String, _ rest: String = "") -> String {
    "\(name) @ git+http://127.0.0.1:\(scenario.git.port)/\(name).git\(rest)"
  }

  private func link(_ scenario: Scenario, _ name: String = "my-link") -> String {
    "\(name): {module: \(name.replacing("-", with: "_")), pip_name: \"\(scenario.gitRequirement(name))\"}"
  }

  @Test func theyAreLockedAtAnyDepthAndInstalledElsewhere() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("beta"))
      let deepest = try await scenario.repository("deepest", PythonProject("deepest", "0.3", requires: ["beta"]))
      try await deepest.tag("v3", at: "main")
      // The circle ends at what is declared.
      let helper = try await scenario.repository(
        "helper",
        PythonProject(
          "helper", "0.2",
          requires: [reference(scenario, "deepest", "@v3"), reference(scenario, "my-link", "@elsewhere")]))
      _ = try await scenario.repository("my-link", PythonProject("my-link", requires: [reference(scenario, "helper")]))
      try scenario.moduleSet(link(scenario), spec: credentials(scenario))
      try await scenario.succeeds("apply")
      let expected = ["beta==1.0", "deepest==0.3", "helper==0.2", "my-link==1.0"]
      #expect(try await scenario.installed() == expected)
      let lockfile = try scenario.lockfile()
      let place = "http://127.0.0.1:\(scenario.git.port)"
      let commits = [try await helper.id(of: "main"), try await deepest.id(of: "main")]
      #expect(
        lockfile.contains("vcs = { type = \"git\", url = \"\(place)/helper.git\", commit-id = \"\(commits[0])\" }"))
      #expect(
        lockfile.contains(
          "url = \"\(place)/deepest.git\", requested-revision = \"v3\", commit-id = \"\(commits[1])\" }"))
      #expect(!lockfile.contains(Scenario.token))

      // A fresh host has nothing but manifest and lockfile.
      try Files.remove(scenario.state.root)
      try await scenario.succeeds("apply", "--locked")
      #expect(try await scenario.installed() == expected)
      #expect(try await scenario.succeeds("apply", "--locked").contains("up to date"))
    }
  }

  @Test func whatIsLockedMovesWithWhatBringsItOrWhenItIsNamed() async throws {
    try await Scenario.with { scenario in
      let helper = try await scenario.repository("helper", PythonProject("helper", "0.1"))
      let myLink = try await scenario.repository(
        "my-link", PythonProject("my-link", "1.0", requires: [reference(scenario, "helper", "@main")]))
      try scenario.moduleSet(link(scenario), spec: credentials(scenario))
      try await scenario.succeeds("apply")
      try await helper.commit(try PythonProject("helper", "0.2").tree())
      // Neither a look at what is followed nor another manifest moves it.
      #expect(try await scenario.succeeds("apply").contains("up to date"))
      try scenario.moduleSet(link(scenario), spec: credentials(scenario) + "\nconstraints: [\"beta<2\"]")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["helper==0.1", "my-link==1.0"])
      try await scenario.succeeds("apply", "--upgrade", "helper")
      #expect(try await scenario.installed() == ["helper==0.2", "my-link==1.0"])

      try await helper.commit(try PythonProject("helper", "0.3").tree())
      try await myLink.commit(
        try PythonProject("my-link", "1.1", requires: [reference(scenario, "helper", "@main")]).tree())
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["helper==0.3", "my-link==1.1"])
    }
  }

  @Test func aMovedTagIsTakenByItsOwnNameAlone() async throws {
    try await Scenario.with { scenario in
      let helper = try await scenario.repository("helper", PythonProject("helper", "0.1"))
      try await helper.tag("v1", at: "main")
      _ = try await scenario.repository(
        "my-link", PythonProject("my-link", requires: [reference(scenario, "helper", "@v1")]))
      try scenario.moduleSet(link(scenario), spec: credentials(scenario))
      try await scenario.succeeds("apply")
      try await helper.commit(try PythonProject("helper", "0.2").tree())
      try await helper.tag("v1", at: "main")
      #expect(try await scenario.succeeds("apply").contains("up to date"))
      let refused = try await scenario.fails("lock", "--upgrade", "my-link")
      #expect(refused.contains("the tag v1 was moved since it was locked"))
      #expect(refused.contains("modules.my-link (pinion.yaml:8:5) asks for it by way of my-link"))
      #expect(refused.contains("--upgrade helper"))
      try await scenario.succeeds("apply", "--upgrade", "helper")
      #expect(try await scenario.installed() == ["helper==0.2", "my-link==1.0"])
    }
  }

  @Test func whoDisagreesIsNamed() async throws {
    try await Scenario.with { scenario in
      let helper = try await scenario.repository("helper", PythonProject("helper", "0.1"))
      try await helper.tag("v1", at: "main")
      try await helper.commit(try PythonProject("helper", "0.2").tree())
      try await helper.tag("v2", at: "main")
      _ = try await scenario.repository("one", PythonProject("one", requires: [reference(scenario, "helper", "@v1")]))
      let two = try await scenario.repository(
        "two", PythonProject("two", requires: [reference(scenario, "helper", "@v2")]))
      let modules = [link(scenario, "one"), link(scenario, "two")].joined(separator: "\n")
      try scenario.moduleSet(modules, spec: credentials(scenario))
      let text = try await scenario.fails("lock")
      #expect(text.contains("two modules ask for different sources of helper"))
      for (name, line, tag) in [("one", 8, "v1"), ("two", 9, "v2")] {
        let asker = "modules.\(name) (pinion.yaml:\(line):5) asks for git+http://127.0.0.1:"
        #expect(text.contains(asker) && text.contains("/helper.git@\(tag) by way of \(name), which is "))
      }
      // The way out that is shown.
      let declared = "helper: {module: helper, pip_name: \"\(scenario.gitRequirement("helper", "@v2"))\"}"
      try scenario.moduleSet(modules + "\n" + declared, spec: credentials(scenario))
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["helper==0.2", "one==1.0", "two==1.0"])

      // Another spelling of the same repository is the same.
      try Files.remove("\(scenario.project)/pylock.demo.toml")
      let spelled = "helper @ git+http://127.0.0.1:\(scenario.git.port)/helper@v1"
      try Files.link("\(scenario.repositories)/helper", to: "helper.git")
      try await two.commit(try PythonProject("two", requires: [spelled]).tree())
      try scenario.moduleSet(modules, spec: credentials(scenario))
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["helper==0.1", "one==1.0", "two==1.0"])
      #expect(try await scenario.succeeds("apply", "--locked").contains("up to date"))
    }
  }

  @Test func whatOthersAskOfItsVersionCountsAsWell() async throws {
    try await Scenario.with { scenario in
      let helper = try await scenario.repository("helper", PythonProject("helper", "1.0"))
      try await helper.tag("v1", at: "main")
      _ = try await scenario.repository("one", PythonProject("one", requires: [reference(scenario, "helper", "@v1")]))
      let two = try await scenario.repository("two", PythonProject("two", requires: ["helper>=2"]))
      try scenario.index.publish(PythonProject("three", requires: ["helper>=2"]), PythonProject("helper", "2.0"))
      let one = link(scenario, "one")
      let third = "three: {module: three, pip_name: three}"
      for (other, name) in [(link(scenario, "two"), "two"), (third, "three")] {
        try scenario.moduleSet(one + "\n" + other, spec: credentials(scenario))
        let text = try await scenario.fails("lock")
        #expect(text.contains("helper 1.0 will not do for all that it is there for"), "it said:\n\(text)")
        #expect(text.contains("modules.\(name) (pinion.yaml:9:5) needs helper>=2, by way of \(name) 1.0"))
        #expect(text.contains("/helper.git@v1 by way of one, which is helper 1.0"))
        #expect(text.contains("leave out modules.one, or leave out modules.\(name)"))
        #expect(!Files.exists("\(scenario.project)/pylock.demo.toml"))
      }
      // Another way out.
      try scenario.moduleSet(one + "\n" + third, spec: credentials(scenario) + "\noverrides: [\"helper>=2\"]")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["helper==2.0", "one==1.0", "three==1.0"])
      try await two.commit(try PythonProject("two", requires: ["helper>=1"]).tree())
      try scenario.moduleSet(one + "\n" + link(scenario, "two"), spec: credentials(scenario))
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["helper==1.0", "one==1.0", "two==1.0"])
    }
  }

  @Test func theRulesHoldForThemToo() async throws {
    try await Scenario.with { scenario in
      _ = try await scenario.repository("helper", PythonProject("helper", "0.1"))
      let repository = try await scenario.repository(
        "my-link", PythonProject("my-link", requires: [reference(scenario, "helper")]))
      let spec = credentials(scenario)
      // Without a credential for its place nothing else is sent there.
      try scenario.moduleSet(link(scenario))
      #expect(try await scenario.fails("lock").contains("by way of my-link"))
      let place = "git+http://127.0.0.1:\(scenario.git.port)"
      try scenario.moduleSet(
        link(scenario), spec: spec + "\npolicy: {sources: {allow: [\"\(place)/my-link.git\"]}}")
      let denied = try await scenario.fails("lock")
      #expect(denied.contains("helper, which my-link needs, comes from http://127.0.0.1:"))
      #expect(denied.contains("none of the allowed patterns fits"))
      #expect(
        !(try String(decoding: Files.read("\(scenario.directory)/git.log"), as: UTF8.self).contains(
          "helper.git/git-upload-pack")))

      let commit = try await repository.id(of: "main")
      try scenario.moduleSet(
        link(scenario).replacing("my-link.git", with: "my-link.git@\(commit)"),
        spec: spec + "\npolicy: {pinned: require}")
      let unpinned = try await scenario.fails("lock")
      #expect(unpinned.contains("helper 0.1 (needed by modules.my-link): the repository's default branch moves"))
      try scenario.moduleSet(link(scenario), spec: spec)
      try await scenario.succeeds("lock")
      // A lockfile that is kept is held against a rule that came later.
      try scenario.moduleSet(link(scenario), spec: spec + "\npolicy: {sources: {deny: [helper]}}")
      #expect(try await scenario.fails("apply", "--locked").contains("helper 0.1 (needed by modules.my-link)"))
    }
  }

  @Test func archivesAreBroughtAlongAsWell() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.5"), PythonProject("beta"))
      let wheel = "http://127.0.0.1:\(scenario.index.port)/files/alpha-1.5-py3-none-any.whl"
      _ = try await scenario.repository("my-link", PythonProject("my-link", requires: ["alpha @ \(wheel)", "beta"]))
      try scenario.moduleSet(link(scenario))
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.5", "beta==1.0", "my-link==1.0"])
      #expect(try scenario.lockfile().contains("archive = { url = \"\(wheel)\""))
      try Files.remove(scenario.state.root)
      try await scenario.succeeds("apply", "--locked")

      // A package of an index may not: there the index is asked for names, and a URL says nothing of who vouches for it.
      try scenario.index.publish(PythonProject("gamma", requires: ["alpha @ \(wheel)"]))
      try scenario.moduleSet("g: {module: gamma, pip_name: gamma}")
      let text = try await scenario.fails("lock")
      try scenario.expectRecorded(text, named: "brought-by-a-package")
      try scenario.moduleSet("g: {module: gamma, pip_name: gamma}\nx: {module: alpha, pip_name: alpha}")
      try await scenario.succeeds("lock")
      #expect(!(try scenario.lockfile().contains("archive = ")))
      try scenario.moduleSet("g: {module: gamma, pip_name: gamma}\na: {module: alpha, pip_name: \"\(wheel)\"}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.5", "gamma==1.0"])
    }
  }

  /// A module that is declared by itself answers for what others bring along: in a version that is what everybody asks for.
  @Test func aDeclaredPackageIsWhatOthersAskForToo() async throws {
    try await Scenario.with { scenario in
      _ = try await scenario.repository("helper", PythonProject("helper", "9.0"))
      _ = try await scenario.repository("my-link", PythonProject("my-link", requires: [reference(scenario, "helper")]))
      try scenario.index.publish(
        PythonProject("helper", "1.0"), PythonProject("helper", "2.0"), PythonProject("helper", "3.0"),
        PythonProject("alpha", "1.0", requires: ["helper>=1"]), PythonProject("alpha", "2.0", requires: ["helper<3"]),
        PythonProject("beta", "1.0", requires: ["helper>=3"]))
      func declare(_ modules: String...) throws {
        try scenario.moduleSet(
          ([link(scenario)] + modules).joined(separator: "\n"), spec: credentials(scenario))
      }
      let alpha = "a: {module: alpha, pip_name: alpha}"
      try declare(alpha, "h: {module: helper, pip_name: helper}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==2.0", "helper==2.0", "my-link==1.0"])
      // Who asks for less in another version is taken in that.
      try declare(alpha, "h: {module: helper, pip_name: helper>=3}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0", "helper==3.0", "my-link==1.0"])
      // What cannot be is explained as everywhere, with what helps.
      try declare(
        "a: {module: alpha, pip_name: alpha>=2}", "h: {module: helper, pip_name: helper}",
        "b: {module: beta, pip_name: beta}")
      let text = try await scenario.fails("lock")
      #expect(text.contains("modules.a and modules.b cannot go together"), "\(text)")
      #expect(text.contains("let modules.a take any version, pip_name: alpha, which leads to alpha 1.0"), "\(text)")
      try scenario.expectRecorded(text, named: "conflict-brought")
    }
  }
}
