import Model
import Platform
import TestSupport
import Testing

@Suite("What is locked stays, and nobody is asked as long as it holds")
struct RelockTests {
  /// The entries of a lockfile by name: each `[[packages]]` as it stands there.
  private func entries(_ lockfile: String) -> [Substring: Substring] {
    var found: [Substring: Substring] = [:]
    for entry in lockfile.split(separator: "\n\n") where entry.hasPrefix("[[packages]]") {
      if let name = entry.firstMatch(of: /\nname = "([^"]+)"/)?.1 { found[name] = entry }
    }
    return found
  }

  private func changed(_ before: String, _ after: String) -> Set<Substring> {
    let (before, after) = (entries(before), entries(after))
    return Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }
  }

  @Test func oneEditOfThirtyModulesMovesNothingElse() async throws {
    try await Scenario.with { scenario in
      let numbers = 10..<40
      func publish(_ version: String) throws {
        try scenario.index.publish(
          numbers.flatMap { number in
            [
              PythonProject("m\(number)", version, requires: ["d\(number)", "shared"]),
              PythonProject("d\(number)", version),
            ]
          })
        try scenario.index.publish(PythonProject("shared", version))
      }
      func modules(_ edited: [Int: String] = [:]) -> String {
        numbers.map { "m\($0): {module: m\($0), pip_name: \"m\($0)\(edited[$0] ?? ">=1")\"}" }.joined(separator: "\n")
      }
      try publish("1.0")
      try scenario.moduleSet(modules())
      try await scenario.succeeds("lock")
      let first = try scenario.lockfile()
      #expect(entries(first).count == 61)
      // Everything could move now.
      try publish("2.0")
      try scenario.index.publish(PythonProject("m17", "2.0", requires: ["d17>=2", "shared"]))
      try await scenario.succeeds("lock")
      #expect(try scenario.lockfile() == first)
      try scenario.moduleSet(modules([17: ">=2"]))
      try await scenario.succeeds("lock")
      let second = try scenario.lockfile()
      #expect(changed(first, second) == ["m17", "d17"])
      // One that is taken out takes along what nobody else needs, and one that comes brings what it needs.
      try scenario.moduleSet(modules([17: ">=2"]).replacing(/m20: [^\n]*\n/, with: ""))
      try await scenario.succeeds("lock")
      #expect(changed(second, try scenario.lockfile()) == ["m20", "d20"])
      try scenario.moduleSet(modules([17: ">=2"]))
      try await scenario.succeeds("lock")
      #expect(changed(second, try scenario.lockfile()) == ["m20", "d20"])

      let third = try scenario.lockfile()
      try await scenario.succeeds("lock", "--upgrade", "m30")
      #expect(changed(third, try scenario.lockfile()) == ["m30"])
      try await scenario.succeeds("lock", "--upgrade", "d30")
      #expect(changed(third, try scenario.lockfile()) == ["m30", "d30"])
      try await scenario.succeeds("lock", "--upgrade")
      #expect(!(try scenario.lockfile().contains("\nversion = \"1.0\"")))
    }
  }

  @Test func whoeverMakesItMakesTheSameBytes() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", requires: ["beta"]), PythonProject("beta"))
      _ = try await scenario.repository("link", PythonProject("my-link"))
      _ = try await scenario.repository("shared", PythonProject("shared-link"))
      func write(into directory: String, user: String) throws {
        try Files.makeDirectory("\(directory)/wheels")
        try WheelFixture("local", "1.0", files: ["local.py": ""]).write(into: "\(directory)/wheels")
        for (path, entry) in try PythonProject("project").tree() {
          guard case .file(let text) = entry else { continue }
          try Files.makeDirectory("\(directory)/links/\(path)".parentPath)
          try Files.write(text, to: "\(directory)/links/\(path)")
        }
        try Files.write(
          """
          apiVersion: pinion/v1
          kind: ModuleSet
          metadata: {name: demo}
          spec:
            modules:
              a: {module: alpha, pip_name: alpha}
              b: {module: local, pip_name: ./wheels/local-1.0-py3-none-any.whl}
              c: {module: project, pip_name: ./links/}
              d: {module: my_link, pip_name: "git+http://\(user)${GIT_TOKEN}@127.0.0.1:\(scenario.git.port)/link.git@main"}
              e: {module: shared_link, pip_name: "git+file:../git/shared.git"}

          """.replacing("git+file:../git", with: "git+file://\(directory.parentPath.percentEncodedPath)/git"),
          to: "\(directory)/pinion.yaml")
      }
      let elsewhere = "\(scenario.directory)/home of another/the work"
      try write(into: scenario.project, user: "")
      try write(into: elsewhere, user: "somebody:")
      try Files.link("\(scenario.directory)/home of another/git", to: "../git")
      try await scenario.succeeds("lock")
      let outcome = try await CommandLineTool(
        "\(TestPaths.products)/pinion",
        environment: scenario.environment.merging([
          "HOME": "\(scenario.directory)/home of another", "USER": "somebody", "LOGNAME": "somebody",
          "TZ": "Asia/Tokyo",
          "LANG": "de_DE.UTF-8", "TMPDIR": "\(scenario.directory)",
        ]) { $1 }, workingDirectory: elsewhere
      ).run(["lock", "--state", "\(scenario.directory)/state of another"])
      try #require(outcome.status == 0, "it said:\n\(outcome.text)")
      let lockfile = try scenario.lockfile()
      #expect(String(decoding: try Files.read("\(elsewhere)/pylock.demo.toml"), as: UTF8.self) == lockfile)
      #expect(!lockfile.contains(scenario.directory) && !lockfile.contains("somebody") && !lockfile.contains("/home"))
      #expect(lockfile.contains("path = \"../git/shared.git\""))
    }
  }

  @Test func noResolverRunsWhileTheLockfileHolds() async throws {
    try await Scenario.with { scenario in
      let tool = try UvRecorder(scenario)
      try scenario.index.publish(PythonProject("alpha", requires: ["beta"]), PythonProject("beta"))
      let repository = try await scenario.repository("link", PythonProject("my-link"))
      try await scenario.run(scenario.tools.uv, "venv", "--quiet", "--python", scenario.tools.plainPython, "base")
      let modules =
        "a: {module: alpha, pip_name: alpha}\nl: {module: my_link, pip_name: \"\(scenario.gitRequirement("link", "@main"))\"}"
      try scenario.moduleSet(modules, spec: "base: base")
      try await scenario.succeeds("lock", with: tool.variables)
      #expect(try !tool.starts().isEmpty)

      try tool.forget()
      for arguments in [["lock"], ["plan"], ["lock", "-v"]] {
        #expect(try await scenario.tool(tool.variables).run(arguments).status == 0)
      }
      // Places and comments are no inputs.
      try scenario.write(
        "# A comment.\n" + String(decoding: try Files.read("\(scenario.project)/pinion.yaml"), as: UTF8.self),
        to: "pinion.yaml")
      try await scenario.succeeds("lock", with: tool.variables)
      #expect(try tool.starts() == [])
      // The wheel of the commit was built for the lock.
      for arguments in [["apply"], ["apply"], ["apply", "--locked"], ["status"]] {
        #expect(try await scenario.tool(tool.variables).run(arguments).status == 0)
      }
      #expect(try tool.starts() == [])

      // A reference that moved, an input that changed.
      try await repository.commit(try PythonProject("my-link", "2.0").tree())
      try await scenario.succeeds("lock", with: tool.variables)
      #expect(try tool.starts().contains { $0.contains("pip compile") })
      try tool.forget()
      try scenario.moduleSet(modules, spec: "base: base\nconstraints: [\"beta<2\"]")
      try await scenario.succeeds("lock", with: tool.variables)
      #expect(try tool.starts().contains { $0.contains("pip compile") })
    }
  }
}

@Suite("Pages of indexes are asked for again only when they may have changed")
struct PageTests {
  /// How many pages were asked for since a number of requests, and how many of them were sent.
  private func pages(_ scenario: Scenario, since start: Int) throws -> (asked: Int, sent: Int) {
    let pages = try scenario.index.requests().dropFirst(start).filter { $0.contains("/simple/") }
    return (pages.count, pages.count { !$0.contains(" 304 ") })
  }

  private func modules(_ alpha: String) -> String {
    "a: {module: alpha, pip_name: \"alpha\(alpha)\"}\nb: {module: beta, pip_name: beta}"
  }

  @Test(arguments: [600, 0])
  func pages(maxAge: Int) async throws {
    var options = IndexServer.Options()
    options.maxAge = maxAge
    try await Scenario.with(index: options) { scenario in
      func publish(_ version: String) throws {
        try scenario.index.publish(PythonProject("alpha", version, requires: ["gamma"]), PythonProject("beta", version))
        try scenario.index.publish(PythonProject("gamma", version))
      }
      try publish("1.0")
      try scenario.moduleSet(modules(""))
      try await scenario.succeeds("lock")
      var start = try scenario.index.requests().count
      #expect(try pages(scenario, since: 0) == (3, 3))
      // A page that is fresh is not asked for; one that is not is not sent again.
      try scenario.moduleSet(modules(">=1"))
      try await scenario.succeeds("lock")
      #expect(try pages(scenario, since: start) == (maxAge == 0 ? 3 : 0, 0))

      // Nothing fails for a page that is fresh and no longer true.
      try publish("2.0")
      start = try scenario.index.requests().count
      try scenario.moduleSet(modules(">=2"))
      try await scenario.succeeds("lock")
      #expect(try pages(scenario, since: start) == (3, 3))
      var lockfile = try scenario.lockfile()
      #expect(lockfile.contains("alpha-2.0-") && lockfile.contains("beta-1.0-"))

      // Whoever upgrades gets what is there now, and no file of a page that was not sent again is missing.
      try publish("3.0")
      try await scenario.succeeds("lock", "--upgrade")
      lockfile = try scenario.lockfile()
      #expect(lockfile.contains("gamma-3.0-") && lockfile.contains("beta-3.0-"))
      start = try scenario.index.requests().count
      try scenario.moduleSet(modules("==1.0"))
      try await scenario.succeeds("lock")
      #expect(try pages(scenario, since: start).sent == 0)
      #expect(try scenario.lockfile().contains("alpha-1.0-"))
    }
  }
}

/// A `uv` on PATH that writes down what it was started with, and with which variables, before it is the real one.
struct UvRecorder {
  private let directory: String
  /// PATH with it in front.
  let variables: [String: String]

  init(_ scenario: Scenario) throws {
    directory = "\(scenario.directory)/recorder"
    try Files.makeDirectory(directory)
    try Files.write(
      "#!/bin/sh\necho \"$*\" >> '\(directory)/starts'\nenv >> '\(directory)/variables'\nexec '\(scenario.tools.uv)' \"$@\"\n",
      to: "\(directory)/uv", mode: 0o755)
    variables = ["PATH": "\(directory):\(scenario.environment["PATH"] ?? "")"]
  }

  /// The arguments of each start.
  func starts() throws -> [String] { try text("starts").split(separator: "\n").map(String.init) }

  /// The variables of all starts.
  func seen() throws -> String { try text("variables") }

  /// Begins anew.
  func forget() throws { try Files.remove("\(directory)/starts") }

  private func text(_ name: String) throws -> String {
    String(decoding: try Files.readIfPresent("\(directory)/\(name)") ?? [], as: UTF8.self)
  }
}
