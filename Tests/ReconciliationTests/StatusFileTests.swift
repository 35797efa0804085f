import Model
import Platform
import TestSupport
import Testing

@testable import Reconciliation

@Suite struct StatusFileTests {
  @Test func whatIsHeldBackIsNotReadyAndTheEnvironmentNeither() async throws {
    try await TemporaryDirectory.with { directory in
      let state = StateDirectory(root: directory)
      try Files.makeDirectory(state.environment("demo"))
      let secrets = SecretRegistry()
      secrets.add("T0pSecret")
      func record(_ heldBack: [HeldBack], now: Int) throws -> StatusFile {
        try StatusFile.record(
          success: .applied(generation: 3), without: heldBack, current: 3, environment: "demo", state: state,
          secrets: secrets, now: now)
        return try #require(try StatusFile.read("demo", state: state))
      }
      func held(_ label: String, retryable: Bool) -> HeldBack {
        HeldBack(
          label: label, importPath: "m", isKept: true,
          complaints: [Diagnostic(.gitUnreachable, "no T0pSecret", retryable: retryable)])
      }
      let first = try record([held("links.a", retryable: true)], now: 1_700_000_000)
      #expect(first.conditions.map(\.status) == [.no, .no])
      #expect(first.conditions.map(\.reason) == ["ModulesHeldBack", "Retryable"])
      #expect(first.conditions[0].message == "generation 3 is in use, without what links.a asks for")
      #expect(first.modules.map(\.module) == ["links.a"] && first.modules[0].kept)
      #expect(first.modules[0].conditions.map(\.reason) == ["GitUnreachable"])
      #expect(first.modules[0].conditions[0].message == "no ****")
      let second = try record(
        [held("links.a", retryable: true), held("links.b", retryable: false)], now: 1_800_000_000)
      #expect(second.conditions.map(\.status) == [.no, .yes])
      #expect(second.conditions[0].message == "generation 3 is in use, without what links.a, links.b ask for")
      // What stays as it is keeps its time.
      let times = second.modules.map { $0.conditions[0].lastTransitionTime }
      #expect(times == ["2023-11-14T22:13:20Z", "2027-01-15T08:00:00Z"])
      let mended = try record([], now: 1_900_000_000)
      #expect(mended.modules.isEmpty && mended.conditions.map(\.status) == [.yes, .no])
    }
  }

  @Test func aFailureIsWrittenDownWithoutSecrets() async throws {
    try await TemporaryDirectory.with { directory in
      let state = StateDirectory(root: directory)
      try Files.makeDirectory(state.environment("demo"))
      let secrets = SecretRegistry()
      secrets.add("T0pSecret")
      let failure = Failure(.gitFailed, "the server says: no T0pSecret here", because: "T0pSecret")
      try StatusFile.record(failure: failure, environment: "demo", state: state, secrets: secrets, now: 1_700_000_000)
      let conditions = try #require(try StatusFile.read("demo", state: state)).conditions
      #expect(conditions.map(\.type) == [.ready, .stalled])
      #expect(conditions.map(\.reason) == ["GitFailed", "GitFailed"])
      #expect(conditions.allSatisfy { $0.message == "the server says: no **** here" })
      for name in try Files.list(state.environment("demo")) {
        let text = String(decoding: try Files.read("\(state.environment("demo"))/\(name)"), as: UTF8.self)
        #expect(!text.contains("T0pSecret"))
      }
    }
  }
}
