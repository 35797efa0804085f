import Model
import Platform
import TestSupport
import Testing

@Suite("Downloads: taken up again, and shown as they come")
struct DownloadTests {
  /// A wheel of some 40 KiB that comes in parts, locked.
  private static func withLockedWheel(_ test: (Scenario) async throws -> Void) async throws {
    try await Scenario.with { scenario in
      var project = PythonProject(
        "alpha", files: ["alpha.py": String(repeating: "# a line of the module\n", count: 1700)])
      project.crumb = 15_000
      try scenario.index.publish(project)
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      try await scenario.succeeds("lock")
      try await test(scenario)
    }
  }

  @Test func whatBreaksOffIsTakenUp() async throws {
    try await Self.withLockedWheel { scenario in
      try await scenario.succeeds("apply", "--locked")
      #expect(try await scenario.python("import alpha; print('here')") == "here\n")
      let parts = try scenario.index.requests().filter { $0.contains("from=") }
      #expect(parts.suffix(3).map { $0.contains(" 206 ") } == [false, true, true])
    }
  }

  @Test func aTerminalGetsABar() async throws {
    try await Self.withLockedWheel { scenario in
      func apply(_ arguments: String...) async throws -> String {
        try Files.remove(scenario.state.environments)
        try Files.remove(scenario.state.store)
        return try await scenario.run(
          scenario.tools.plainPython, "-c",
          "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)", "\(TestPaths.products)/pinion", "apply",
          "--locked",
          arguments.joined(), with: ["TERM": "xterm"])
      }
      let text = try await apply("--no-color")
      // Written over, and gone before anything else is said.
      #expect(text.contains("\rDownloading 1 file [--------------------] 1 KiB of "))
      #expect(text.contains("\r\u{1B}[K"))
      let lines = text.split(whereSeparator: \.isNewline).map { $0.split(separator: "\u{1B}[K").last ?? "" }
      #expect(lines.contains { $0.hasPrefix("Building generation 1") || $0.hasSuffix("Building generation 1 …") })
      #expect(try await !apply("--quiet").contains("Downloading"))
      // No terminal, no bar.
      try Files.remove(scenario.state.environments)
      try Files.remove(scenario.state.store)
      let plain = try await scenario.tool().run(["apply", "--locked"])
      #expect(plain.errorOutput.contains("Downloading 1 file (") && !plain.errorOutput.contains("\r"))
    }
  }
}
