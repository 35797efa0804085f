import Model
import Platform
import TestSupport
import Testing

@Suite("What distributions require of each other, and what modules must have, before the switch")
struct RequirementTests {
  @Test func aLockfileThatLacksSomethingIsNotSwitchedTo() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", requires: ["beta>=1"], extras: ["fast": ["gamma"]]), PythonProject("beta"),
        PythonProject("gamma"))
      try scenario.moduleSet("a: {module: alpha, pip_name: \"alpha[fast]\"}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0", "gamma==1.0"])
      let lock = try scenario.lockfile()
      for name in ["beta", "gamma"] {
        // As another tool, or a hand, might leave it.
        let parts = lock.split(separator: "\n\n", omittingEmptySubsequences: false)
          .filter { !$0.contains("[[packages]]\nname = \"\(name)\"") }
          .map { $0.replacing("    { name = \"\(name)\" },\n", with: "") }
        try scenario.write(parts.joined(separator: "\n\n"), to: "pylock.demo.toml")
        let said = try await scenario.fails("apply", "--locked")
        #expect(said.contains("pinion.yaml:7:5: error: alpha 1.0 requires \(name)"), "it said:\n\(said)")
        #expect(scenario.current() == "generations/1")
      }
      // Who wants none of it says so.
      try scenario.moduleSet("a: {module: alpha, pip_name: \"alpha[fast]\"}", spec: "verification: off")
      try await scenario.succeeds("apply", "--locked")
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0"])
    }
  }

  @Test func whatIsOverriddenIsNoComplaint() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", requires: ["beta>=2"]), PythonProject("beta", "1.0"), PythonProject("beta", "2.0"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}", spec: "overrides: [beta==1.0]")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0"])
    }
  }

  @Test func everythingThatIsAmissWithModulesIsToldAtOnce() async throws {
    try await Scenario.with { scenario in
      let files = [
        "alpha/__init__.py": "def run(): pass\n", "alpha/hangs.py": "import time\ntime.sleep(600)\n",
        "alpha/dies.py": "import os\nos.abort()\n", "alpha/fails.py": "1 / 0\n",
      ]
      try scenario.index.publish(PythonProject("alpha", files: files))
      let entries = [
        "lacks: {module: alpha, pip_name: alpha, expects: [run, stop]}", "has: {module: alpha, expects: [run]}",
        "hangs: {module: alpha.hangs, pip_name: alpha, verification: {deadline: 1s}}",
        "dies: {module: alpha.dies, pip_name: alpha}", "fails: {module: alpha.fails, pip_name: alpha}",
      ]
      try scenario.moduleSet(entries.joined(separator: "\n"))
      let said = try await scenario.fails("apply")
      for (line, words) in [
        (7, "the module alpha has no 'stop'"), (9, "the module alpha.hangs was still being imported"),
        (10, "the module alpha.dies ends the interpreter"), (11, "the module alpha.fails cannot be imported"),
      ] {
        #expect(said.contains("pinion.yaml:\(line):5: error: \(words)"), "it said:\n\(said)")
      }
      #expect(said.contains("its verification.deadline is 1 s") && !said.contains("pinion.yaml:8"))
      #expect(scenario.current() == nil)
    }
  }
}
