import Model
import Network
import Platform
import TestSupport
import Testing

@testable import Resolution

/// Every complaint about the resolver, on record in `Snapshots/uv.txt`. A script stands in for uv where it does what uv
/// does not do.
@Suite struct UvComplaintsTests {
  private func script(_ text: String, at path: String) throws {
    try Files.makeDirectory(path.parentPath)
    try Files.write("#!/bin/sh\n\(text)\n", to: path, mode: 0o755)
  }

  @Test func whereItIsNot() async throws {
    try await ResolutionBench.with { bench in
      let server = try IndexServer.start(root: "\(bench.directory)/index")
      defer { server.stop() }
      let url = try IndexSettings(variables: [:], secrets: SecretRegistry()).parse(server.url())
      let index = PackageIndex(name: "test", url: url)
      try script("echo uv 0.1.0", at: "\(bench.directory)/old/uv")
      var record = ComplaintRecord()
      func locate(_ title: String, _ searchPath: [String], _ indexes: [PackageIndex]) async throws {
        try await record.add(title) {
          _ = try await Uv.locate(
            searchPath: searchPath, state: bench.state, client: bench.client, indexes: indexes,
            variables: Variables([:]), wheelReading: ResolutionBench.Wheels(metadata: ""), announce: { _ in })
        }
      }
      try await locate("no uv, no index", [], [])
      try await locate("no uv, and none on the index", [], [index])
      try await locate("an old uv", ["\(bench.directory)/old"], [])
      try await record.add("another machine") {
        try await UvInstaller(
          state: bench.state, client: bench.client, indexes: [index], variables: Variables([:]),
          wheelReading: ResolutionBench.Wheels(metadata: ""), machine: "pdp11"
        ).install(to: "\(bench.directory)/uv", because: nil)
      }
      #expect(
        try record.isOnRecord(
          as: "uv-absent", beside: #filePath,
          replacing: bench.replacing(UvInstaller.wheels.map { ($0.name, "uv-VERSION-PLATFORM.whl") })))
    }
  }

  @Test func whatItSays() async throws {
    try await ResolutionBench.with { bench in
      let write = "while [ \"$1\" != -o ]; do shift; done; printf"
      var record = ComplaintRecord()
      for (title, text) in [
        ("it fails", "echo 'error: no idea' >&2; exit 2"),
        ("it knows no package", "echo 'alpha was not found in the package registry' >&2; exit 1"),
        ("it finds no solution", "echo 'No solution found: alpha<1 and alpha>1' >&2; exit 1"),
        (
          "it cannot build what it has to know of",
          "printf '%s\\n' 'error: Failed to build `gamma==1.0`' '  cause: no libfoo' 'hint: `gamma` (v1.0) was included because `beta` (v1) depends on `gamma`' >&2; exit 1"
        ),
        ("it writes what is no TOML", "\(write) 'oops oops' > \"$2\""),
        ("it writes a package without a name", "\(write) '[[packages]]\\nversion = \"1\"\\n' > \"$2\""),
      ] {
        try script(text, at: "\(bench.directory)/uv")
        let uv = Uv(path: "\(bench.directory)/uv", version: Uv.minimumVersion)
        let question = ResolutionQuestion(
          bench.environment([]), answers: try await bench.answers([]), interpreter: bench.interpreter, base: nil)
        try await record.add(title) { _ = try await UvResolver(uv: uv, context: bench.context()).solve(question) }
      }
      var policy = Policy(for: .moduleSet)
      policy.buildLimits = BuildLimits(memory: 1 << 30, deadline: 1)
      for (title, text, helper) in [
        ("it cannot build", "echo 'no back end' >&2; exit 1", nil),
        ("it builds for too long", "exec sleep 60", nil),
        ("it has too little memory for a build", "echo MemoryError >&2; exit 1", nil),
        ("the program that confines it is not there", "exit 1", "\(bench.directory)/nowhere/pinion-confine"),
      ] {
        try script(text, at: "\(bench.directory)/uv")
        let context = bench.context(policy: policy, helper: helper)
        try await record.add(title) {
          _ = try await UvBuilder(
            uv: Uv(path: "\(bench.directory)/uv", version: Uv.minimumVersion), context: context
          ).buildWheel(from: bench.directory, dated: 0, for: bench.interpreter, into: "\(bench.directory)/wheel")
        }
      }
      #expect(try record.isOnRecord(as: "uv", beside: #filePath, replacing: bench.replacing()))
    }
  }
}
