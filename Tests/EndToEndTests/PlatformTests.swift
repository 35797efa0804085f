import Model
import Platform
import TestSupport
import Testing

@Suite("Locks for another platform and Python than those at hand")
struct PlatformTests {
  /// One distribution with a wheel for each of three machines, and what each of them needs besides.
  private func publish(_ scenario: Scenario) throws {
    let wheels = "\(scenario.project)/wheels"
    for tag in [
      "cp312-cp312-manylinux_2_28_aarch64", "cp312-cp312-manylinux_2_34_aarch64", "cp311-cp311-manylinux_2_17_x86_64",
    ] {
      try WheelFixture(
        "fast", "1.0", files: ["fast.py": "x = 1\n"],
        requires: [
          "arm ; platform_machine == 'aarch64'", "intel ; platform_machine == 'x86_64'",
          "old ; python_version < '3.12'", "kernel ; platform_release != ''",
        ], tag: tag
      ).write(into: wheels)
    }
    try scenario.index.publish(["arm", "intel", "old", "kernel"].map { PythonProject($0) })
  }

  private let modules = "f: {module: fast, pip_name: \"fast --find-links ./wheels\"}"

  @Test func whatIsLockedIsTheTargets() async throws {
    try await Scenario.with { scenario in
      try publish(scenario)
      let spec = "platform: {target: aarch64-manylinux_2_28, python: \"3.12\"}"
      try scenario.moduleSet(modules, spec: spec)
      try await scenario.succeeds("lock")
      let lockfile = try scenario.lockfile()
      #expect(lockfile.contains("manylinux_2_28_aarch64.whl") && !lockfile.contains("manylinux_2_34"))
      #expect(lockfile.contains("name = \"arm\"") && !lockfile.contains("\"intel\"") && !lockfile.contains("\"old\""))
      #expect(!lockfile.contains("\"kernel\""))
      #expect(lockfile.contains("requires-python = \">=3.12\""))
      #expect(lockfile.contains("python = \"3.12\"\nplatform = \"aarch64-manylinux_2_28\"\n"))
      #expect(
        lockfile.contains(
          "environments = [\"sys_platform == 'linux' and platform_machine == 'aarch64' "
            + "and implementation_name == 'cpython' and python_version == '3.12'\"]"))
      // It holds, and is the same from wherever it is made.
      try await scenario.succeeds("lock")
      #expect(try scenario.lockfile() == lockfile)
      var said = ""
      for arguments in [["plan"], ["apply"], ["apply", "--locked"]] {
        let outcome = try await scenario.tool().run(arguments)
        #expect(outcome.status == 1)
        said = outcome.text
      }
      try scenario.expectRecorded(said, named: "another-platform")
      #expect(scenario.current() == nil)
      #expect(try scenario.lockfile() == lockfile)
      // Without the key it is made for what is here.
      try scenario.moduleSet("a: {module: arm, pip_name: arm}")
      try await scenario.succeeds("apply")
      #expect(try scenario.lockfile().contains("platform = \"linux-"))
    }
  }

  #if arch(x86_64)
    @Test func anOlderMachineOfTheSameKindIsServedFromHere() async throws {
      try await Scenario.with { scenario in
        try publish(scenario)
        try scenario.moduleSet(modules, spec: "platform: x86_64-manylinux2014\npython: \">=3.9\"")
        let version = try await scenario.run(
          scenario.tools.plainPython, "-c", "import sys; print('%d.%d' % sys.version_info[:2], end='')")
        guard version == "3.11" else { return }
        try await scenario.succeeds("apply")
        #expect(try await scenario.installed() == ["fast==1.0", "intel==1.0", "old==1.0"])
        #expect(try await scenario.succeeds("apply", "--locked").contains("up to date"))
        #expect(try scenario.lockfile().contains("platform = \"x86_64-manylinux2014\""))
      }
    }
  #endif

  @Test func whatIsBuiltMustBeTheSameEverywhere() async throws {
    try await Scenario.with { scenario in
      _ = try await scenario.repository("my-link", PythonProject("my-link", requires: ["beta"]))
      var source = PythonProject("beta")
      source.isSdist = true
      try scenario.index.publish(source)
      let spec = "platform: {target: aarch64-unknown-linux-musl, python: \"3.12\"}"
      try scenario.moduleSet("l: {module: my_link, pip_name: \"\(scenario.gitRequirement("my-link"))\"}", spec: spec)
      try await scenario.succeeds("lock")
      #expect(try scenario.lockfile().contains("name = \"beta\""))

      source.version = "1.1"
      source.onBuild = """
        import tiny_backend
        tiny_backend.file_name = lambda project: tiny_backend.stem(project) + "-cp311-cp311-linux_x86_64.whl"
        """
      try scenario.index.publish(source)
      let text = try await scenario.fails("lock", "--upgrade")
      try scenario.expectRecorded(text, named: "built-for-another-platform")
    }
  }

  @Test func aLockfileFromElsewhereIsRefused() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      try await scenario.succeeds("lock")
      let lockfile = try scenario.lockfile()
      let pattern = /\npython = "[^"]*"\nplatform = "[^"]*"\n/
      let foreign = lockfile.replacing(pattern, with: "\npython = \"3.9\"\nplatform = \"linux-s390x\"\n")
      #expect(foreign != lockfile)
      try scenario.write(foreign, to: "pylock.demo.toml")
      let text = try await scenario.fails("apply", "--locked")
      try scenario.expectRecorded(text, named: "a-lockfile-from-elsewhere")
      try await scenario.succeeds("apply")
      #expect(try scenario.lockfile() == lockfile)
    }
  }

  @Test func whatContradictsItselfIsSaid() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"))
      let platform = "platform: {target: x86_64-manylinux_2_28, python: \"3.9\"}"
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}", spec: "\(platform)\npython: \">=3.11\"")
      var said = try await scenario.fails("lock")
      try await scenario.run(scenario.tools.uv, "venv", "--quiet", "--python", scenario.tools.plainPython, "base")
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}", spec: "\(platform)\nbase: base")
      said += try await scenario.fails("lock")
      try scenario.expectRecorded(said, named: "platform-contradictions")
      // An interpreter that is only locked for need not be here.
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}",
        spec: "platform: {target: x86_64-manylinux_2_28, python: \"3.99\"}\npython: \">=3.98\"")
      try await scenario.succeeds("lock")
      #expect(try scenario.lockfile().contains("python = \"3.99\""))
    }
  }
}
