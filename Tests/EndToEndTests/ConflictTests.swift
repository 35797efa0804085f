import Model
import Platform
import TestSupport
import Testing

/// Each case runs on an environment that was applied before: afterwards everything is as it was.
@Suite("A set that cannot be solved: who is at odds, about what, and what helps")
struct ConflictTests {
  /// A manifest without a solution, and how what is said of it is called among the snapshots.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var modules: String
    var spec = ""
    /// What must be said; the rest is in the snapshot.
    var says: [String]
    var testDescription: String { name }
  }

  /// Thirty modules that get along, and what goes wrong on lines of its own.
  private static let crowd = (1...28).map { "m\($0): {module: crowd_\($0), pip_name: crowd-\($0)}" }
    .joined(separator: "\n")

  static let cases = [
    Case(
      name: "chains", modules: "s: {module: summarise, pip_name: summarise}\nr: {module: archive, pip_name: archive}",
      says: [
        "modules.s and modules.r cannot go together",
        "needs core<2, by way of summarise 1.0 → text-tools 1.0 → text-base 1.0",
        "needs core>=2, by way of archive 1.0 → store-tools 1.0 → store-base 1.0",
        "leave out modules.s, or leave out modules.r",
      ]),
    Case(
      name: "crowd",
      modules: crowd + "\ns: {module: summarise, pip_name: summarise}\nr: {module: archive, pip_name: archive}",
      says: ["modules.s and modules.r cannot go together", "needs core<2", "needs core>=2"]),
    Case(
      name: "any-version",
      modules: "a: {module: old, pip_name: old<2}\nb: {module: core, pip_name: core>=2}",
      says: ["needs core<2, by way of old 1.0", "asks for core>=2", "pip_name: old, which leads to old 2.0"]),
    Case(
      name: "constraint", modules: "r: {module: archive, pip_name: archive}", spec: "constraints: [\"core<2\"]",
      says: ["modules.r and spec.constraints cannot go together", "take core<2 out of spec.constraints", "core 2.0"]),
    Case(
      name: "override", modules: "r: {module: archive, pip_name: archive}", spec: "overrides: [\"core==7\"]",
      says: [
        "modules.r and spec.overrides cannot go together", "core==7 for all",
        "there is no such version; there are 2.0, 1.5, 1.0", "take core==7 out of spec.overrides",
      ]),
    Case(
      name: "override-loosened",
      modules: "s: {module: summarise, pip_name: summarise}\nr: {module: archive, pip_name: archive}",
      spec: "overrides: [\"core==7\"]",
      says: ["core==7 for all", "take any version, core instead of core==7, which leads to core 2.0"]),
    Case(
      name: "override-git", modules: "g: {module: lone_link, pip_name: \"GIT(lone)\"}",
      spec: "overrides: [\"lone-link>=2\"]",
      says: ["modules.g and spec.overrides cannot go together", "is lone-link 1.0, from git+http"]),
    Case(
      name: "override-beside-absent", modules: "a: {module: core, pip_name: core==9}", spec: "overrides: [\"core==7\"]",
      says: [
        "modules.a cannot be resolved, whatever the others ask for", "modules.a (pinion.yaml:8:5) asks for core==9",
        "there is no such version; there are 2.0, 1.5, 1.0", "core instead of core==7, which leads to core 2.0",
      ]),
    Case(
      name: "override-brought", modules: "m: {module: bringer, pip_name: \"GIT(bringer)\"}",
      spec: "overrides: [only-git]",
      says: [
        "modules.m and spec.overrides cannot go together", "says only-git for all",
        "no package index that is asked has only-git",
        "take only-git out of spec.overrides (pinion.yaml:6:15): bringer 1.0 names a place for it",
      ]),
    Case(
      name: "brought-along",
      modules:
        "m: {module: bringer, pip_name: \"GIT(bringer)\"}\nw: {module: wants_only_git, pip_name: wants-only-git}",
      spec: "git: {credentials: [{host: \"127.0.0.1:GITPORT\", token: \"${GIT_TOKEN}\"}]}",
      says: [
        "modules.w and modules.m cannot go together", "brings only-git 1.0, from git+http", "only-git.git@main",
        "by way of bringer",
      ]),
    Case(
      name: "more-than-one", modules: "o: {module: one, pip_name: one==9}\nc: {module: core, pip_name: core==9}",
      says: [
        "mend this first: there is more that cannot go together; this was tried without modules.", "which leads to ",
      ]),
    Case(
      name: "git-alone",
      modules: "g: {module: lone_link, pip_name: \"GIT(lone)\"}\nw: {module: wants_lone, pip_name: wants-lone}",
      says: [
        "modules.w and modules.g cannot go together", "is lone-link 1.0, from git+http",
        "needs lone-link>=2, by way of wants-lone 1.0", "leave out modules.w",
      ]),
    Case(
      name: "three",
      modules:
        "a: {module: core, pip_name: core>=1.5}\nb: {module: not_two, pip_name: not-two}\nc: {module: below, pip_name: below}",
      says: ["modules.a, modules.b and modules.c cannot go together", "no version of core will do for all"]),
    Case(
      name: "alone", modules: "a: {module: torn, pip_name: torn}\nc: {module: core, pip_name: core}",
      says: [
        "modules.a cannot be resolved, whatever the others ask for",
        "needs core<2, by way of torn 1.0 → text-tools 1.0 → text-base 1.0",
        "needs core>=2, by way of torn 1.0 → store-tools 1.0 → store-base 1.0", "leave out modules.a",
      ]),
    Case(
      name: "only-one", modules: "a: {module: torn, pip_name: torn}",
      says: ["modules.a cannot be resolved", "leave it out, or have it changed"]),
    Case(
      name: "extras",
      modules: "a: {module: many, pip_name: \"many[fast]\"}\nb: {module: archive, pip_name: archive}",
      says: ["needs core<2, by way of many 1.0", "needs core>=2, by way of archive 1.0"]),
    Case(
      name: "git", modules: "g: {module: old_link, pip_name: \"GIT(old)\"}\nc: {module: core, pip_name: core>=2}",
      says: ["modules.g and modules.c cannot go together", "needs core<2, by way of old-link 1.0"]),
    Case(
      name: "git-itself",
      modules: "g: {module: old_link, pip_name: \"GIT(old)\"}\nc: {module: wants_link, pip_name: wants-link}",
      says: ["is old-link 1.0, from git+http", "needs old-link>=2, by way of wants-link 1.0"]),
    Case(
      name: "several-versions",
      modules: "v: {module: varied, pip_name: varied}\nc: {module: core, pip_name: core>=2}",
      says: ["modules.v and modules.c cannot go together", "needs core<2, by way of varied 2.0"]),
    Case(
      name: "either-way",
      modules:
        "f: {module: fickle, pip_name: fickle}\nc: {module: core, pip_name: core>=2}\no: {module: one, pip_name: one>=2}",
      says: ["modules.f, modules.c and modules.o cannot go together", "in the resolver's words:"]),
    Case(
      name: "alone-in-all-versions", modules: "t: {module: twice, pip_name: twice}",
      says: ["with other versions it is no better; in the resolver's words:"]),
    Case(
      name: "newer",
      modules: "r: {module: fresh_user, pip_name: fresh-user}",
      spec: "policy: {excludeNewer: 2026-02-01}",
      says: ["fresh>=2, by way of fresh-user 1.0", "loosen the rule, which leads to fresh 2.0", "policy.excludeNewer"]),
    Case(
      name: "builds", modules: "b: {module: built_user, pip_name: built-user}", spec: "policy: {builds: deny}",
      says: ["built>=2, by way of built-user 1.0", "what would have to be built is passed over", "policy.builds"]),
    Case(
      name: "pre-release", modules: "p: {module: early, pip_name: early>=2}",
      says: ["there is no such version; there are 2.0rc1, 1.0", "pip_name: early>=2.0rc1, which leads to early 2.0rc1"]),
    Case(
      name: "pre-release-by-way", modules: "p: {module: early_user, pip_name: early-user}",
      says: ["needs early>=2, by way of early-user 1.0", "there is no such version; there are 2.0rc1, 1.0"]),
    Case(
      name: "python", modules: "p: {module: modern_user, pip_name: modern-user}",
      says: ["needs modern>=1, by way of modern-user 1.0", "it asks for Python >=4"]),
    Case(
      name: "absent-by-way", modules: "p: {module: loner, pip_name: loner}",
      says: ["needs nowhere>=1, by way of loner 1.0", "no package index that is asked has nowhere"]),
    Case(
      name: "two-conflicts",
      modules:
        "s: {module: summarise, pip_name: summarise}\nr: {module: archive, pip_name: archive}\nx: {module: one, pip_name: one==1}\ny: {module: wants_one, pip_name: wants-one}",
      says: ["mend this first", "without modules.", "leave out modules."]),
  ]

  private static func publish(_ scenario: Scenario) throws {
    func dated(_ name: String, _ version: String, _ month: String) -> PythonProject {
      var project = PythonProject(name, version)
      project.uploadTime = "2026-\(month)-01T00:00:00Z"
      return project
    }
    func source(_ name: String, _ version: String) -> PythonProject {
      var project = PythonProject(name, version)
      (project.isSdist, project.onBuild) = (true, "open('\(scenario.directory)/built', 'w').close()")
      return project
    }
    var user = PythonProject("fresh-user", requires: ["fresh>=2"])
    user.uploadTime = "2026-01-01T00:00:00Z"
    var built = PythonProject("built", "2.0")
    built.isSdist = true
    try scenario.index.publish(
      (1...28).map { PythonProject("crowd-\($0)", requires: ["core"]) } + [
        PythonProject("core", "1.0"), PythonProject("core", "1.5"), PythonProject("core", "2.0"),
        PythonProject("summarise", requires: ["text-tools"]), PythonProject("text-tools", requires: ["text-base"]),
        PythonProject("text-base", requires: ["core<2"]),
        PythonProject("archive", requires: ["store-tools"]), PythonProject("store-tools", requires: ["store-base"]),
        PythonProject("store-base", requires: ["core>=2"]),
        PythonProject("old", requires: ["core<2"]), PythonProject("old", "2.0", requires: ["core"]),
        PythonProject("not-two", requires: ["core!=2.0"]), PythonProject("below", requires: ["core!=1.5"]),
        PythonProject("torn", requires: ["text-tools", "store-tools"]),
        PythonProject("many", extras: ["fast": ["core<2"]]),
        PythonProject("wants-link", requires: ["old-link>=2"]), PythonProject("old-link", "2.0"),
        PythonProject("wants-lone", requires: ["lone-link>=2"]),
        PythonProject("wants-unrelated", requires: ["unrelated>=4"]),
        PythonProject("wants-only-git", requires: ["only-git>=2"]),
        PythonProject("placed", "2.0"), PythonProject("wants-placed", requires: ["placed>=2"]),
        PythonProject("aged", "2.0"), PythonProject("wants-aged", requires: ["aged>=2"]), source("mine", "2.0"),
        PythonProject("wants-mine", requires: ["mine>=2"]),
        PythonProject("varied", "1.0", requires: ["core<1.5"]), PythonProject("varied", "2.0", requires: ["core<2"]),
        PythonProject("fickle", "1.0", requires: ["one<2"]), PythonProject("fickle", "2.0", requires: ["core<2"]),
        PythonProject("twice", "1.0", requires: ["nowhere"]),
        PythonProject("twice", "2.0", requires: ["text-tools", "core>=2"]),
        dated("fresh", "1.0", "01"), dated("fresh", "2.0", "03"), user,
        PythonProject("built", "1.0"), built, PythonProject("built-user", requires: ["built>=2"]),
        PythonProject("early", "1.0"), PythonProject("early", "2.0rc1"),
        PythonProject("early-user", requires: ["early>=2"]),
        PythonProject("modern", requiresPython: ">=4"), PythonProject("modern-user", requires: ["modern>=1"]),
        PythonProject("loner", requires: ["nowhere>=1"]),
        PythonProject("one", "1"), PythonProject("one", "2"), PythonProject("wants-one", requires: ["one>=2"]),
      ])
  }

  @Test(arguments: cases) func isExplained(_ entry: Case) async throws {
    try await Scenario.with { scenario in
      try Self.publish(scenario)
      _ = try await scenario.repository("old", PythonProject("old-link", requires: ["core<2"]))
      _ = try await scenario.repository("lone", PythonProject("lone-link"))
      _ = try await scenario.repository("only-git", PythonProject("only-git"))
      let place = "http://127.0.0.1:\(scenario.git.port)"
      _ = try await scenario.repository(
        "bringer", PythonProject("bringer", requires: ["only-git @ git+\(place)/only-git.git@main"]))
      var modules = entry.modules
      for name in ["old", "lone", "bringer"] {
        modules = modules.replacing("GIT(\(name))", with: scenario.gitRequirement(name))
      }
      try scenario.moduleSet(modules, spec: entry.spec.replacing("GITPORT", with: "\(scenario.git.port)"))
      let text = try await scenario.fails("lock")
      for words in entry.says { #expect(text.contains(words), "it said:\n\(text)") }
      try scenario.expectRecorded(
        text.replacing(/Python 3\.[0-9]+/, with: "Python 3.X"), named: "conflict-\(entry.name)")
    }
  }

  @Test func theBaseIsExplainedAsOne() async throws {
    try await Scenario.with { scenario in
      try Self.publish(scenario)
      let base = "\(scenario.project)/base"
      try await scenario.run(scenario.tools.plainPython, "-m", "venv", "--without-pip", base)
      let sites = try await scenario.run(
        "\(base)/bin/python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'), end='')")
      for (name, version) in [("core", "1.5"), ("unrelated", "3.0")] {
        try Files.makeDirectory("\(sites)/\(name)-\(version).dist-info")
        try Files.write(
          "Metadata-Version: 2.1\nName: \(name)\nVersion: \(version)\n",
          to: "\(sites)/\(name)-\(version).dist-info/METADATA")
      }
      try scenario.moduleSet("r: {module: archive, pip_name: archive}", spec: "base: base")
      let text = try await scenario.fails("lock")
      #expect(text.contains("modules.r and the base cannot go together"), "\(text)")
      #expect(text.contains("the base has core 1.5, which stays"), "\(text)")
      #expect(text.contains("have core 2.0 in the base"), "\(text)")
      try scenario.expectRecorded(text, named: "conflict-base")
      // What no index has, as Debian's packages, editable ones and those of an address, is the base's alone.
      try scenario.moduleSet("u: {module: wants_unrelated, pip_name: wants-unrelated}", spec: "base: base")
      let alone = try await scenario.fails("lock")
      #expect(alone.contains("modules.u and the base cannot go together"), "\(alone)")
      #expect(alone.contains("the base has unrelated 3.0, which stays"), "\(alone)")
      try scenario.expectRecorded(alone, named: "conflict-base-alone")
      try scenario.moduleSet("u: {module: unrelated, pip_name: unrelated>=4}", spec: "base: base")
      let itself = try await scenario.fails("lock")
      #expect(itself.contains("pip_name: unrelated, which leads to unrelated 3.0"), "\(itself)")
    }
  }

  /// What came to the base from an address, in development mode, or by distutils: the index has others of the same names.
  @Test func theBaseIsExplainedAsOneWhereItHasItsOwnOfAName() async throws {
    try await Scenario.with { scenario in
      try Self.publish(scenario)
      let base = "\(scenario.project)/base"
      try await scenario.run(scenario.tools.plainPython, "-m", "venv", "--without-pip", base)
      let sites = try await scenario.run(
        "\(base)/bin/python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'), end='')")
      for name in ["placed", "mine"] {
        try Files.makeDirectory("\(sites)/\(name)-1.0.dist-info")
        try Files.write(
          "Metadata-Version: 2.1\nName: \(name)\nVersion: 1.0\n", to: "\(sites)/\(name)-1.0.dist-info/METADATA")
        try Files.write("{}", to: "\(sites)/\(name)-1.0.dist-info/direct_url.json")
      }
      try Files.write("Metadata-Version: 1.1\nName: aged\nVersion: 1.0\n", to: "\(sites)/aged-1.0.egg-info")
      for (name, spec, helps) in [
        ("placed", "", "have placed 2.0 in the base"), ("aged", "", "have aged 2.0 in the base"),
        ("placed", "\noverrides: [\"placed==2.0\"]", "have placed 2.0 in the base"),
        // What would have to be built is not built for that.
        ("mine", "", "leave out modules.u"),
      ] {
        try scenario.moduleSet("u: {module: u, pip_name: wants-\(name)}", spec: "base: base\(spec)")
        let text = try await scenario.fails("lock")
        #expect(text.contains("modules.u and the base cannot go together"), "\(text)")
        #expect(text.contains("the base has \(name) 1.0, which stays"), "\(text)")
        #expect(text.contains(helps), "\(text)")
        #expect(!Files.exists("\(scenario.directory)/built"))
        try scenario.expectRecorded(text, named: "conflict-base-own-\(name)\(spec.isEmpty ? "" : "-override")")
      }
      try scenario.moduleSet("p: {module: placed, pip_name: placed}", spec: "base: base\noverrides: [\"placed==2.0\"]")
      let override = try await scenario.fails("lock")
      #expect(override.contains("modules.p, spec.overrides and the base cannot go together"), "\(override)")
      #expect(override.contains("says placed==2.0 for all") && override.contains("the base has placed 1.0"))
      try scenario.expectRecorded(override, named: "conflict-base-override")
    }
  }

  @Test func whatTheBasesOwnNeedsOfWhatIsInstalledCounts() async throws {
    try await Scenario.with { scenario in
      try Self.publish(scenario)
      try scenario.index.publish(PythonProject("kept", "2.0"))
      let base = "\(scenario.project)/base"
      try await scenario.run(scenario.tools.plainPython, "-m", "venv", "--without-pip", base)
      let sites = try await scenario.run(
        "\(base)/bin/python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'), end='')")
      // What the base lacks, or has in another version than it should, is its own affair.
      for (name, needs) in [("kept", ["deeper>=9; python_version>'3'", "gone"]), ("deeper", ["core<2", "kept"])] {
        try Files.makeDirectory("\(sites)/\(name)-1.0.dist-info")
        try Files.write(
          "Metadata-Version: 2.1\nName: \(name)\nVersion: 1.0\n" + needs.map { "Requires-Dist: \($0)\n" }.joined(),
          to: "\(sites)/\(name)-1.0.dist-info/METADATA")
        try Files.write("", to: "\(sites)/\(name).py")
      }
      try scenario.moduleSet("d: {module: kept, pip_name: kept}", spec: "base: base")
      try await scenario.succeeds("lock")
      try Files.remove("\(scenario.project)/pylock.demo.toml")
      try scenario.moduleSet(
        "d: {module: kept, pip_name: kept}\nc: {module: core, pip_name: core>=2}", spec: "base: base")
      let text = try await scenario.fails("lock")
      #expect(text.contains("modules.d and modules.c cannot go together"), "\(text)")
      #expect(text.contains("modules.d (pinion.yaml:8:5) needs core<2, by way of kept 1.0 → deeper 1.0"), "\(text)")
      #expect(text.contains("pip_name: core, which leads to core 1.5") && !text.contains("gone"), "\(text)")
      try scenario.expectRecorded(text, named: "conflict-base-needs")
      // Where a version will do for all, that is it.
      try scenario.moduleSet("d: {module: kept, pip_name: kept}\nc: {module: core, pip_name: core}", spec: "base: base")
      try await scenario.succeeds("lock")
      #expect(try scenario.lockfile().contains("version = \"1.5\""))
      try scenario.moduleSet(
        "d: {module: kept, pip_name: kept}\nc: {module: core, pip_name: core}",
        spec: "base: base\noverrides: [\"core==2.0\"]")
      try await scenario.succeeds("lock")
      #expect(try scenario.lockfile().contains("version = \"2.0\""))
    }
  }

  @Test func everyCommandSaysTheSame() async throws {
    try await Scenario.with { scenario in
      try Self.publish(scenario)
      try scenario.moduleSet("a: {module: core, pip_name: core}")
      try await scenario.succeeds("apply")
      try scenario.moduleSet("s: {module: summarise, pip_name: summarise}\nr: {module: archive, pip_name: archive}")
      let said = try await scenario.fails("lock")
      #expect(said.contains("modules.s and modules.r cannot go together"))
      #expect(try await scenario.fails("plan") == said)
      #expect(try await scenario.fails("apply") == said)
      let status = try await scenario.succeeds("status")
      #expect(status.contains("modules.s and modules.r cannot go together"), "\(status)")
    }
  }

  @Test func aMajorVersionThatIsKeptIsPartOfIt() async throws {
    try await Scenario.with { scenario in
      try Self.publish(scenario)
      let minor = "lock: {update: minor}"
      try scenario.moduleSet("o: {module: old, pip_name: old<2}", spec: minor)
      try await scenario.succeeds("lock")
      try scenario.moduleSet("o: {module: old, pip_name: old}\nr: {module: archive, pip_name: archive}", spec: minor)
      let text = try await scenario.fails("lock")
      #expect(text.contains("modules.r and spec.lock.update: minor cannot go together"), "\(text)")
      #expect(text.contains("spec.lock.update: minor keeps to core<2,>=1"), "\(text)")
      try scenario.expectRecorded(text, named: "conflict-major")
    }
  }
}
