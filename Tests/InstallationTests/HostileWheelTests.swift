internal import Installation
internal import Model
internal import Platform
internal import TestSupport
internal import Testing

/// Wheels that do harm: what Pinion does with each, and that the table in docs/security.md says so.
@Suite struct HostileWheelTests {
  @Test(arguments: HostileWheel.all) func isRefusedOrDoesNoHarm(_ hostile: HostileWheel) async throws {
    let bench = try await Bench()
    let wheels = hostile.wheels("\(bench.root)/scratch")
    switch hostile.answer {
    case .refused(let words):
      var complaints: [Diagnostic] = []
      do { try await bench.apply(wheels) } catch let failure as Failure { complaints = failure.diagnostics }
      #expect(complaints.count == 1)
      #expect(complaints.first?.cause?.contains(words) == true || complaints.first?.message.contains(words) == true)
      // Nothing is left behind: not in staging, not in the store, no generation, and nothing elsewhere.
      #expect(try Files.list(bench.state.staging).isEmpty)
      let isTogether = wheels.count > 1 || complaints.first?.code == .collision
      #expect(try Files.list(bench.state.store).count == (isTogether ? wheels.count : 0))
      #expect(try bench.generations.numbers().isEmpty && Files.kind(bench.current) == nil)
      #expect(Set(try Files.list(bench.root)).isSubset(of: ["state", "wheels"]))
      #expect(try Files.list("\(bench.root)/wheels").count == wheels.count)
    case .handled(_, let holds):
      let installed = try bench.install(wheels)
      let staging = try StagingArea.make(in: bench.state.staging)
      let staged = try GenerationBuilder(state: bench.state).build(bench.blueprint(installed), in: staging)
      try staged.publish()
      try staging.remove()
      let trial = HostileWheel.Trial(
        bench: bench, home: bench.generations.path(1), warnings: staged.warnings,
        entry: bench.state.storeEntry(installed[0].storeKey))
      #expect(try await holds(trial))
      #expect(bench.store.damage(of: installed[0].storeKey).isEmpty)
    }
  }

  @Test func thereAreManyOfThem() {
    #expect(HostileWheel.all.count >= 40)
    #expect(Set(HostileWheel.all.map(\.id)).count == HostileWheel.all.count)
  }

  /// What the other installers really do, where they are of the versions that are on record.
  @Test(.enabled(if: PythonTools.shared?.python != nil, "\(PythonTools.absence)"))
  func otherInstallersDoWhatIsOnRecord() async throws {
    let found = try await HostileOutcomes.found()
    let recorded = try HostileOutcomes.recorded()
    if Snapshot.isRecording { try HostileOutcomes.writeTable() }
    for tool in ["uv", "pip"] {
      let (old, new) = (try #require(recorded[tool]), try #require(found[tool]))
      #expect(Set(new.outcomes.keys) == Set(HostileWheel.all.map(\.id)))
      guard old.version == new.version else { continue }
      for (id, outcome) in new.outcomes where old.outcomes[id] != outcome {
        Issue.record("\(tool) \(new.version) and \(id): \(outcome); on record is: \(old.outcomes[id] ?? "nothing")")
      }
    }
  }

  @Test(.disabled(if: Snapshot.isRecording, "what is compared is just being written"))
  func theTableInTheDocumentsIsTrue() throws {
    let (_, table, _) = try HostileOutcomes.document()
    #expect(try table == HostileOutcomes.table())
  }
}

/// What uv and pip do with hostile wheels: on record in `Snapshots/hostile-outcomes.txt`, found by running both.
struct HostileOutcomes: Codable, Equatable {
  let version: String
  let outcomes: [String: String]

  private static let snapshot = Snapshot("hostile-outcomes", beside: #filePath)

  static func recorded() throws -> [String: HostileOutcomes] {
    try #require(JSONText.value([String: HostileOutcomes].self, from: Files.read(snapshot.path)))
  }

  /// Runs both; with `PINION_RECORD_SNAPSHOTS=1`, puts on record what they do.
  static func found() async throws -> [String: HostileOutcomes] {
    let tools = try PythonTools.required()
    let python = try #require(tools.python)
    return try await TemporaryDirectory.with { directory in
      struct Task: Encodable {
        var id: String
        var wheels: [String]
        var effects: [HostileWheel.Effect]
      }
      let scratch = "\(directory)/scratch"
      let tasks = try HostileWheel.all.map { hostile in
        let wheels = try hostile.wheels(scratch).map { try $0.write(into: "\(directory)/wheels/\(hostile.id)").path }
        return Task(id: hostile.id, wheels: wheels, effects: hostile.effects)
      }
      try Files.write(try JSONText.bytes(of: tasks), to: "\(directory)/tasks.json")
      let result = try await ChildProcess.run(
        python, ["\(TestPaths.resources)/hostile-outcomes.py", tools.uv, python, "\(directory)/tasks.json", scratch],
        environment: ["PATH": "/usr/bin:/bin", "HOME": directory], workingDirectory: directory, deadline: 900)
      try #require(result.status == 0, "\(result.errorOutput)")
      if Snapshot.isRecording { try Files.write(result.output, to: snapshot.path) }
      return try #require(JSONText.value([String: HostileOutcomes].self, from: Array(result.output.utf8)))
    }
  }

  private static let path = "\(TestPaths.package)/docs/security.md"

  /// docs/security.md: what stands before the table, the table, and what stands behind it.
  static func document() throws -> (String, String, String) {
    let text = String(decoding: try Files.read(path), as: UTF8.self)
    let begin = try #require(text.firstRange(of: "<!-- hostile wheels -->\n")).upperBound
    let end = try #require(text.firstRange(of: "<!-- end of hostile wheels -->")).lowerBound
    return (String(text[..<begin]), String(text[begin..<end]), String(text[end...]))
  }

  static func writeTable() throws {
    let (before, _, after) = try document()
    try Files.write(before + table() + after, to: path)
  }

  /// The table, as it has to be.
  static func table() throws -> String {
    let recorded = try recorded()
    let (uv, pip) = (try #require(recorded["uv"]), try #require(recorded["pip"]))
    var lines = ["| a wheel with | Pinion | uv \(uv.version) | pip \(pip.version) |", "|---|---|---|---|"]
    for hostile in HostileWheel.all {
      let answer =
        switch hostile.answer {
        case .refused: "refused"
        case .handled(let words, _): words
        }
      lines.append(
        "| \(hostile.title) | \(answer) | \(uv.outcomes[hostile.id] ?? "") | \(pip.outcomes[hostile.id] ?? "") |")
    }
    return lines.map { "\($0)\n" }.joined()
  }
}
