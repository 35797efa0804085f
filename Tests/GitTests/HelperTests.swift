import GitWire
import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import Git

@Suite struct HelperTests {
  /// Whether a process is there, dead ones that nobody waited for included.
  private func isThere(_ pid: Int32) -> Bool { kill(pid, 0) == 0 || errno != ESRCH }

  @Test func aSilentServerIsGivenUpAndTheHelperGoesOn() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, mode: .silent)
      defer { server.stop() }
      try await fixture.withClient(timeout: 1) { client in
        let local = fixture.local()
        _ = try await client.commits(for: [local])
        let pid = try #require(client.helperProcessIDs.first)
        let failure = try await failure { _ = try await client.commits(for: [fixture.remote(server)]) }
        #expect(failure.diagnostics.map(\.code) == [.gitUnreachable])
        #expect(failure.diagnostics[0].message == "the git server takes connections and says nothing")
        #expect(failure.isRetryable)
        let commits = try await client.commits(for: [local])
        #expect(commits.count == 1)
        #expect(client.helperProcessIDs == [pid])
      }
    }
  }

  @Test func aHelperThatIsStuckIsKilled() async throws {
    try await GitFixture.with { fixture in
      let helper = "\(fixture.directory)/helper"
      try Files.write("#!/bin/sh\nexec sleep 600\n", to: helper, mode: 0o755)
      try await fixture.withClient(timeout: 0.5, helper: helper) { client in
        let failure = try await failure { _ = try await client.commits(for: [fixture.local()]) }
        #expect(failure.diagnostics.map(\.message) == ["git's helper did not answer within 5.5 s"])
        try await expectEventually { client.helperProcessIDs.isEmpty }
      }
    }
  }

  @Test func oneSilentServerTakesNothingFromTheOthers() async throws {
    try await GitFixture.with { fixture in
      let silent = try GitServer.start(root: fixture.root, mode: .silent)
      defer { silent.stop() }
      var sources: [GitSource] = []
      for index in 0..<12 {
        let name = "other-\(index).git"
        try await GitRepository.create("\(fixture.root)/\(name)").commit(["a": "a"])
        sources.append(fixture.local(repository: name))
      }
      // More silent ones than the helper has threads.
      let stuck = (0..<20).map { fixture.remote(silent, repository: "stuck-\($0).git") }
      let all = stuck + sources
      try await fixture.withClient(timeout: 2) { client in
        let failure = try await failure { _ = try await client.commits(for: all) }
        #expect(failure.diagnostics.map(\.code) == stuck.map { _ in .gitUnreachable })
      }
    }
  }

  @Test func aCrashIsAFailureOfItsCauseAlone() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, token: "tok-77aa", mode: .twice)
      defer { server.stop() }
      try await fixture.withClient(["TOKEN": "tok-77aa"]) { client in
        let evil = fixture.remote(server, token: .variable("TOKEN"))
        let failure = try await failure { _ = try await client.commits(for: [evil, fixture.local()]) }
        #expect(failure.diagnostics.count == 1)
        #expect(failure.diagnostics[0].place == .url(server.url("link.git")))
      }
    }
  }

  @Test(arguments: ["echo nonsense; sleep 60", "exit 3", "kill -9 $$"])
  func aHelperThatIsNoneIsAFailure(_ behaviour: String) async throws {
    try await GitFixture.with { fixture in
      let helper = "\(fixture.directory)/helper"
      try Files.write("#!/bin/sh\n\(behaviour)\n", to: helper, mode: 0o755)
      try await fixture.withClient(timeout: 20, helper: helper) { client in
        let failure = try await failure { _ = try await client.commits(for: [fixture.local()]) }
        #expect(failure.diagnostics.map(\.code) == [.gitFailed])
        try await expectEventually { client.helperProcessIDs.isEmpty }
      }
    }
  }

  /// What a server answers can end the helper, whose memory holds credentials: no core file is written of it.
  @Test func aCrashLeavesNoCore() async throws {
    try await GitFixture.with { fixture in
      try await fixture.withClient { client in
        _ = try await client.commits(for: [fixture.local()])
        let pid = try #require(client.helperProcessIDs.first)
        let limits = String(decoding: try Files.read("/proc/\(pid)/limits"), as: UTF8.self)
        #expect(limits.contains(#/Max core file size +0 +0 /#), "\(limits)")
      }
    }
  }

  @Test func aMissingHelperIsNamed() async throws {
    try await GitFixture.with { fixture in
      let helper = "\(fixture.directory)/absent"
      try await fixture.withClient(helper: helper) { client in
        let failure = try await failure { _ = try await client.commits(for: [fixture.local()]) }
        #expect(failure.diagnostics.map(\.code) == [.io])
        #expect(failure.diagnostics[0].place == .path(helper))
      }
    }
  }

  @Test func shutdownLeavesNoProcess() async throws {
    try await GitFixture.with { fixture in
      try await fixture.withClient { client in
        _ = try await client.commits(for: [fixture.local()])
        let pid = try #require(client.helperProcessIDs.first)
        #expect(isThere(pid))
        client.shutdown()
        try await expectEventually { !isThere(pid) }
      }
    }
  }

  @Test func aCancelledRequestEndsAtOnce() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, mode: .silent)
      defer { server.stop() }
      try await fixture.withClient(timeout: 600) { client in
        let request = Task { try await client.commits(for: [fixture.remote(server)]) }
        try await expectEventually { !client.helperProcessIDs.isEmpty }
        request.cancel()
        await #expect(throws: CancellationError.self) { try await request.value }
        try await expectEventually { client.helperProcessIDs.isEmpty }
      }
    }
  }

  @Test(arguments: [
    (GitServer.Mode.refuse, Diagnostic.Code.gitRefused), (.close, .gitUnreachable), (.fail, .gitUnreachable),
    (.web, .gitFailed),
  ])
  func aBadServerIsNamed(_ mode: GitServer.Mode, _ code: Diagnostic.Code) async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, mode: mode)
      defer { server.stop() }
      try await fixture.withClient { client in
        let failure = try await failure { _ = try await client.commits(for: [fixture.remote(server)]) }
        #expect(failure.diagnostics.map(\.code) == [code])
        #expect(failure.diagnostics[0].place == .url(server.url("link.git")))
        #expect(failure.diagnostics[0].cause?.isEmpty == false)
        #expect(failure.diagnostics[0].hint?.isEmpty == false)
      }
    }
  }

  @Test func aPortWhereNobodyListensIsUnreachable() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root)
      let source = fixture.remote(server)
      let missing = fixture.remote(server, repository: "missing.git")
      try await fixture.withClient { client in
        let absent = try await failure { _ = try await client.commits(for: [missing]) }
        #expect(absent.diagnostics.map(\.message) == ["there is no such repository"])
        server.stop()
        let failure = try await failure { _ = try await client.commits(for: [source]) }
        #expect(failure.diagnostics.map(\.code) == [.gitUnreachable])
        #expect(failure.diagnostics[0].cause == "Connection refused")
        #expect(failure.diagnostics[0].hint == "is the host right, and reachable from here?")
        #expect(failure.isRetryable)
      }
    }
  }
}
