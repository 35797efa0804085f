import Glibc
import Model
import Platform
import TestSupport
import Testing

@Suite("Child processes")
struct ChildProcessTests {
  @Test func outputStatusInputAndEnvironment() async throws {
    let result = try await ChildProcess.run(
      "/bin/sh", ["-c", "cat; pwd; echo $ONLY; echo oops >&2; env | wc -l; exit 7"], environment: ["ONLY": "this"],
      workingDirectory: "/usr", input: "given\n", deadline: 30)
    #expect(result.status == 7)
    #expect(result.output.hasPrefix("given\n/usr\nthis\n"))
    #expect(result.errorOutput == "oops\n")
    #expect(!result.timedOut)
    #expect(result.lastWords() == "oops")
  }

  @Test func aSignalCountsAsShellsCountIt() async throws {
    let result = try await ChildProcess.run("/bin/sh", ["-c", "kill -9 $$"], environment: [:], deadline: 30)
    #expect(result.status == 128 + 9)
  }

  @Test func whatCannotBeStartedIsAFailure() async throws {
    let failure = await #expect(throws: Failure.self) {
      _ = try await ChildProcess.run("/nonexistent/program", [], environment: [:], deadline: 30)
    }
    #expect(failure?.diagnostics.first?.place == .path("/nonexistent/program"))
  }

  @Test func muchOutputOnBothSidesDoesNotBlock() async throws {
    let program =
      "i=0; while [ $i -lt 3000 ]; do echo \(String(repeating: "o", count: 99)); echo e >&2; i=$((i+1)); done"
    let result = try await ChildProcess.run("/bin/sh", ["-c", program], environment: [:], deadline: 60)
    #expect(result.output.utf8.count == 300_000)
    #expect(result.errorOutput.utf8.count == 6_000)
  }

  @Test func theDeadlineEndsTheWholeGroup() async throws {
    try await TemporaryDirectory.with { directory in
      // The grandchild says who it is, and does not listen to a polite request.
      let program = "(trap '' TERM; echo $$ >/dev/null; sh -c 'echo $PPID' > \(directory)/pid; sleep 300) & wait"
      let result = try await ChildProcess.run(
        "/bin/sh", ["-c", program], environment: ["PATH": "/usr/bin:/bin"], deadline: 1)
      #expect(result.timedOut)
      #expect(result.status != 0)
      try await expectGone("\(directory)/pid")
    }
  }

  @Test func cancellingEndsTheWholeGroup() async throws {
    try await TemporaryDirectory.with { directory in
      let program = "sh -c 'echo $PPID' > \(directory)/pid; sleep 300 & wait"
      let task = Task {
        try await ChildProcess.run("/bin/sh", ["-c", program], environment: ["PATH": "/usr/bin:/bin"], deadline: 300)
      }
      while try Files.readIfPresent("\(directory)/pid")?.isEmpty ?? true {
        try await Task.sleep(for: .milliseconds(10))
      }
      task.cancel()
      await #expect(throws: (any Error).self) { _ = try await task.value }
      try await expectGone("\(directory)/pid")
    }
  }

  /// Waits until the process that a file names is gone or a corpse.
  private func expectGone(_ path: String) async throws {
    let pid = try #require(Int32(String(decoding: try Files.read(path), as: UTF8.self).filter(\.isNumber)))
    for _ in 0..<500 {
      guard let status = try? Files.read("/proc/\(pid)/stat") else { return }
      if String(decoding: status, as: UTF8.self).contains(") Z ") { return }
      try await Task.sleep(for: .milliseconds(20))
    }
    Issue.record("process \(pid) is still there")
  }

  /// A pipe would break.
  @Test func aProgramNeedNotReadWhatItIsGiven() async throws {
    for _ in 0..<20 {
      let result = try await ChildProcess.run(
        "/bin/sh", ["-c", "exit 3"], environment: [:], input: String(repeating: "x", count: 1 << 20), deadline: 60)
      #expect(result.status == 3)
    }
    let result = try await ChildProcess.run("/bin/cat", [], environment: [:], input: "all of it", deadline: 60)
    #expect(result.output == "all of it")
  }
}
