internal import ArgumentParser
internal import Model
internal import Reconciliation

/// `pinion history`
struct HistoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", _superCommandName: "pinion",
    abstract: "Show the generations that there are: when, what changed, by which command.",
    discussion: """
      What tells two of them apart shows `pinion diff N M`; `pinion rollback --to N` goes back to one; `pinion gc` \
      removes old ones.
      """)

  @OptionGroup var common: CommonOptions

  func run() async throws {
    try await perform(common) { wiring in
      let environments = try wiring.knownEnvironments().map { name in
        HistoryJSON.Environment(
          name: name, generations: try History.of(name, in: wiring.state).entries.map(HistoryJSON.Generation.init))
      }
      let document = HistoryJSON(environments: environments)
      try wiring.show(document, lines: [document.text(style: wiring.console.style, state: wiring.state.root)])
    }
  }
}

/// The generations that there are, as JSON (see docs/json.md) and as text.
struct HistoryJSON: Encodable {
  struct Generation: Encodable {
    var entry: History.Entry

    enum Key: String, CodingKey {
      case number, time, previous, command, summary, distributions, current, pinned, inUse, failed
    }

    struct Summary: Encodable {
      var added: Int
      var changed: Int
      var removed: Int
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      let record = entry.record
      try container.encode(record.number, forKey: .number)
      try container.encode(UTCTime.text(record.createdAt), forKey: .time)
      try container.encode(record.origin?.previous, forKey: .previous)
      try container.encode(record.origin?.command, forKey: .command)
      try container.encode(
        record.origin.map { Summary(added: $0.added, changed: $0.changed, removed: $0.removed) }, forKey: .summary)
      try container.encode(record.distributions.count, forKey: .distributions)
      try container.encode(entry.isCurrent, forKey: .current)
      try container.encode(entry.isPinned, forKey: .pinned)
      try container.encode(entry.isInUse, forKey: .inUse)
      try container.encode(entry.failure?.reason, forKey: .failed)
    }

    /// Number, time, what changed, marks, and the command.
    var row: [String] {
      let origin = entry.record.origin
      let changes = origin.map { "+\($0.added) ~\($0.changed) -\($0.removed)" } ?? ""
      let marks = [
        entry.isCurrent ? "current" : nil, entry.isPinned ? "pinned" : nil, entry.isInUse ? "in use" : nil,
        entry.failure == nil ? nil : "failed",
      ]
      return [
        "\(entry.record.number)", UTCTime.text(entry.record.createdAt), changes,
        marks.compactMap { $0 }.joined(separator: ", "), origin?.command ?? "",
      ]
    }
  }

  struct Environment: Encodable {
    var name: String
    var generations: [Generation]
  }

  var formatVersion = 1
  var environments: [Environment]

  func text(style: Style, state: String) -> String {
    guard !environments.isEmpty else {
      return "There is no environment yet in \(state). Make one with: pinion apply"
    }
    return environments.map { environment in
      let rows = environment.generations.map(\.row)
      guard !rows.isEmpty else { return "\(style.bold(environment.name)): no generation yet" }
      let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
      let lines = rows.map { row in
        let number = String(repeating: " ", count: widths[0] - row[0].count) + row[0]
        let rest = row.indices.dropFirst().map { PlanText.padded(row[$0], widths[$0]) }
        return ("  " + ([number] + rest).joined(separator: "  ")).trimmedAtEnd
      }
      return ([style.bold(environment.name) + ":"] + lines).joined(separator: "\n")
    }.joined(separator: "\n\n")
  }
}
