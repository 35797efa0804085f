import Model
import Platform
import TestSupport
import Testing

@testable import Reconciliation

@Suite struct StatusFileTests {
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
