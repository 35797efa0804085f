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
