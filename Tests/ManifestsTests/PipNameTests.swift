import Manifests
import Model
import Platform
import TestSupport
import Testing

/// Every form of `pip_name`, right and wrong.
///
/// What Python's packaging makes of them is on record in `Fixtures/pip-names.json`, which `scripts/requirement-oracle.py`
/// printed for the texts of `PipNames` without variables: `PINION_RECORD_SNAPSHOTS=1` records it anew. Forms that PEP 508
/// does not have (paths, bare URLs, options) are pip's and Pinion's own; their readings were checked by eye, in
/// `Snapshots/pip-names.txt`.
@Suite struct PipNameTests {
  private func fixture(_ pipNames: [String]) throws -> ManifestFixture {
    let links = pipNames.enumerated().map { number, text in
      "  n\(number):\n    module: a.b\n    pip_name: \(quoted(text))\n"
    }
    let fixture = try ManifestFixture(["config.yml": "links:\n" + links.joined()])
    fixture.variables = PipNames.variables
    return fixture
  }

  /// The text as YAML has it; as it is between its quotes where that can be, so that places are exact.
  private func quoted(_ text: String) -> String {
    guard text.contains("'") || text.contains("\t") else { return "'\(text)'" }
    return "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\t", with: "\\t") + "\""
  }

  private func readings() throws -> [Requirement] {
    let fixture = try fixture(PipNames.right)
    do {
      let environment = try #require(try fixture.load().environments.first)
      return try environment.modules.map { try #require(try $0.resolvedRequirement()) }
    } catch let failure as Failure {
      Issue.record("\(failure.diagnostics.map(fixture.rendered).joined(separator: "\n"))")
      throw failure
    }
  }

  @Test func everyFormReadsAsOnRecord() throws {
    #expect(PipNames.right.count >= 150)
    let directory = try fixture([]).directory
    let lines = try zip(PipNames.right, readings()).map { text, requirement in
      let kind =
        switch requirement {
        case .index: "index"
        case .git: "git"
        case .archive: "archive"
        case .directory: "directory"
        }
      // Each fixture has a directory of its own, so only its parent's name is the same.
      let shown = requirement.description.replacing(/pinion-manifests-\w{6}/, with: "DIR")
      return "\(text)\n    \(kind): \(shown)\n"
    }
    let text = lines.joined()
    #expect(!text.contains(directory))
    #expect(try Snapshot("pip-names", beside: #filePath).text(orRecord: text) == text)
  }

  /// What Pinion writes of a requirement, it reads as the same.
  @Test func theNormalFormIsItsOwnNormalForm() throws {
    let first = try readings().map(\.description)
    // Extras without a name have a normal form that nobody writes.
    let written = first.filter { !$0.hasPrefix("[") }
    #expect(written.count > 150)
    let environment = try #require(try fixture(written).load().environments.first)
    #expect(try environment.modules.map { try $0.requirementText() ?? "" } == written)
  }

  /// Texts cut and joined anywhere are read, or are one complaint each with a place on the line and a way out.
  @Test func anythingIsReadOrComplainedOf() throws {
    var random = SeededRandom(seed: 7)
    let texts = PipNames.right + PipNames.wrong
    for _ in 0..<10 {
      let odd: [String] = (0..<300).map { _ in
        let (one, other) = (texts[random.below(texts.count)], texts[random.below(texts.count)])
        let strays = ["", "", " ", "@", "#", ";", "[", "://", "${", "}", "-", "\"", "\\", "é", "\u{301}"]
        return String(one.prefix(random.below(one.count + 1))) + strays[random.below(strays.count)]
          + other.suffix(random.below(other.count + 1))
      }
      let fixture = try fixture(odd)
      do throws(Failure) {
        _ = try fixture.load()
      } catch {
        #expect(error.diagnostics.count <= odd.count)
        for diagnostic in error.diagnostics {
          guard case .source(let location, _)? = diagnostic.place, location.line % 3 == 1, location.line > 1 else {
            Issue.record("\(fixture.rendered(diagnostic))")
            continue
          }
          let text = odd[location.line / 3 - 1]
          #expect(location.column <= "    pip_name: ''".count + 2 * text.unicodeScalars.count + 1, "\(text)")
          #expect(diagnostic.hint?.isEmpty == false, "\(text): \(diagnostic.message)")
        }
      }
    }
  }

  @Test func everyComplaintIsOnRecord() throws {
    var text = ""
    for pipName in PipNames.wrong {
      let fixture = try fixture([pipName])
      text += "=== \(pipName)\n"
      do throws(Failure) {
        _ = try fixture.load()
        Issue.record("'\(pipName)' was read")
      } catch {
        #expect(error.diagnostics.count == 1, "\(pipName)")
        for diagnostic in error.diagnostics {
          #expect(diagnostic.hint?.isEmpty == false, "\(pipName)")
          text += shown(diagnostic)
        }
      }
    }
    #expect(!text.contains("t0ken") && !text.contains("pa55") && !text.contains("hunter22"))
    #expect(try Snapshot("pip-name-errors", beside: #filePath).text(orRecord: text) == text)
  }

  /// The line with a caret, the complaint, and what to write.
  private func shown(_ diagnostic: Diagnostic) -> String {
    var lines: [String] = []
    if case .source(let location, let excerpt) = diagnostic.place {
      lines = [excerpt ?? "", String(repeating: " ", count: location.column - 1) + "^"]
    }
    lines.append("\(diagnostic.code): \(diagnostic.message)")
    if let cause = diagnostic.cause { lines.append("because: \(cause)") }
    if let hint = diagnostic.hint { lines.append("hint: \(hint)") }
    return lines.map { "\($0)\n" }.joined()
  }

  /// What `packaging` reads, Pinion reads in the same way, and the other way round: as text of PEP 508, all of it; as a
  /// `pip_name`, what comes from an index. (`my-link.zip` is a name to `packaging`, and a file to pip and to Pinion.)
  @Test func agreesWithPackaging() async throws {
    let path = (#filePath as String).parentPath + "/Fixtures/pip-names.json"
    let plain = (PipNames.right + PipNames.wrong).filter { !$0.contains("$") }
    if Snapshot.isRecording {
      let python = try #require(try PythonTools.required().python, Comment(rawValue: PythonTools.absence))
      try await PackagingAnswers.record(plain, python: python, to: path)
    }
    let answers = try PackagingAnswers(json: try Files.read(path))
    try #require(answers.requirements.map(\.text) == plain, "record them anew with PINION_RECORD_SNAPSHOTS=1")
    for entry in answers.requirements {
      if let difference = answers.difference(entry) { Issue.record("'\(entry.text)'\n  \(difference)") }
    }
    let isRead = Dictionary(
      answers.requirements.map { ($0.text, $0.answer != nil) }, uniquingKeysWith: { first, _ in first })
    for (text, requirement) in zip(PipNames.right, try readings()) where !text.contains("$") {
      guard case .index(let index) = requirement, !text.contains(" -") else { continue }
      #expect(isRead[text] == true, "'\(text)'")
      let parsed = try RequirementParser.parse(text)
      #expect(
        index
          == IndexRequirement(
            name: parsed.name, extras: parsed.extras, specifiers: parsed.specifiers, marker: parsed.marker))
    }
  }
}

/// Numbers that look random and are the same in every run.
private struct SeededRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func below(_ limit: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % limit
  }
}
