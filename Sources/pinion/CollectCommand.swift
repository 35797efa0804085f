internal import ArgumentParser
internal import Manifests
internal import Model
internal import Reconciliation

/// `pinion gc`
struct CollectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc", _superCommandName: "pinion",
    abstract: "Remove old generations, and what nothing needs any more.",
    discussion: """
      Without --keep and --older-than, every generation stays. The current one, the one that a rollback pins, and those \
      that a process was started from and still uses always stay. Unpacked wheels that no generation of any environment \
      holds go, and so do built wheels and archives in the cache that none holds and nobody used for 30 days, or for \
      --older-than.
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var writer: WriterOptions

  @Option(
    name: .long,
    help: ArgumentHelp("Remove all but the newest so many generations of each environment.", valueName: "number"))
  var keep: Int?

  @Option(
    name: .customLong("older-than"),
    help: ArgumentHelp(
      "Remove generations that were built longer ago than that, as in 12h or 30d.",
      discussion: "With --keep, those alone that are beyond both.", valueName: "duration"))
  var olderThan: String?

  @Flag(name: .customLong("dry-run"), help: "Say what would be removed, and remove nothing.")
  var dryRun = false

  func run() async throws {
    try await perform(common) { wiring in
      let retention = try self.retention()
      let collector = GarbageCollector(
        state: wiring.state, retention: retention, isDry: dryRun, command: wiring.command,
        lockTimeout: writer.lockTimeout, now: Wiring.now()
      ) { [console = wiring.console] in console.announce($0) }
      let result = try await collector.collect(try wiring.knownEnvironments())
      wiring.console.complain(result.warnings)
      let document = CollectionJSON(result: result, isDry: dryRun)
      try wiring.show(document, lines: document.lines)
    }
  }

  private func retention() throws(Failure) -> Retention {
    if let keep, keep < 0 {
      throw Failure(.usage, "--keep: it must not be negative", hint: "write, for instance, --keep 5")
    }
    var age: Double?
    if let olderThan {
      do throws(DurationText.Problem) { age = try DurationText.seconds(olderThan) } catch {
        throw Failure(.usage, "--older-than: \(error.message)", hint: error.hint)
      }
    }
    return Retention(keep: keep, age: age)
  }
}

/// What `gc` removed, as JSON (see docs/json.md) and as text.
struct CollectionJSON: Encodable {
  var result: GarbageCollector.Result
  var isDry: Bool

  enum Key: String, CodingKey { case formatVersion, dryRun, environments, store, cache, freed }
  struct Environment: Encodable {
    var name: String
    var removed: [Int]
    var kept: [Kept]
  }
  struct Kept: Encodable {
    var generation: Int
    var reason: Retention.Reason
  }
  struct Store: Encodable {
    var removed: [String]
    var kept: Int
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(1, forKey: .formatVersion)
    try container.encode(isDry, forKey: .dryRun)
    let environments = result.environments.map { environment in
      Environment(
        name: environment.name, removed: environment.removed,
        kept: environment.kept.map { Kept(generation: $0.number, reason: $0.reason) })
    }
    try container.encode(environments, forKey: .environments)
    try container.encode(Store(removed: result.entries.map(\.key), kept: result.entriesKept), forKey: .store)
    try container.encode(result.cached, forKey: .cache)
    try container.encode(result.bytes, forKey: .freed)
  }

  /// The same for people.
  var lines: [String] {
    let verb = isDry ? "would go" : "removed"
    var lines: [String] = []
    for environment in result.environments {
      var parts: [String] = []
      if !environment.removed.isEmpty {
        let noun = environment.removed.count == 1 ? "generation" : "generations"
        parts.append("\(noun) \(environment.removed.map(String.init).joined(separator: ", ")) \(verb)")
      }
      if !environment.kept.isEmpty {
        parts.append("kept " + Self.kept(environment.kept))
      }
      lines.append("\(environment.name): \(parts.isEmpty ? "no generation yet" : parts.joined(separator: "; "))")
    }
    if !result.entries.isEmpty {
      let titles = result.entries.map { $0.title ?? String($0.key.prefix(12)) }.sorted()
      lines.append(
        "Store: \(PlanText.count(titles.count, "unpacked wheel")) \(verb): " + titles.joined(separator: ", "))
    }
    if !result.cached.isEmpty {
      lines.append(
        "Cache: \(PlanText.count(result.cached.count, "built wheel or archive", "built wheels or archives")) \(verb)")
    }
    lines.append("\(isDry ? "Would free" : "Freed") \(Self.size(result.bytes)).")
    return lines
  }

  /// Generations with why they stay, each reason once for those in a row.
  private static func kept(_ generations: [(number: Int, reason: Retention.Reason)]) -> String {
    var groups: [(numbers: [String], reason: Retention.Reason)] = []
    for (number, reason) in generations {
      if groups.last?.reason == reason {
        groups[groups.count - 1].numbers.append("\(number)")
      } else {
        groups.append((["\(number)"], reason))
      }
    }
    return groups.map { "\($0.numbers.joined(separator: ", ")) (\(text($0.reason)))" }.joined(separator: ", ")
  }

  private static func text(_ reason: Retention.Reason) -> String {
    switch reason {
    case .current: "current"
    case .pinned: "pinned by a rollback"
    case .inUse: "used by a process"
    case .fallback: "may be gone back to"
    case .justLeft: "was current less than a minute ago"
    case .newest: "among the newest"
    case .young: "not old enough"
    case .unasked: "neither --keep nor --older-than was given"
    case .foreign: "made by another Pinion"
    }
  }

  /// Bytes in the largest unit of which there is a whole one.
  static func size(_ bytes: Int) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
    var (value, index) = (Double(bytes), 0)
    while value >= 1024, index < units.count - 1 {
      value /= 1024
      index += 1
    }
    if index == 0 { return "\(bytes) \(bytes == 1 ? "byte" : "bytes")" }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[index])"
  }
}
