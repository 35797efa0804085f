public import Model
internal import Platform

/// A generation that lies complete in staging.
public struct StagedGeneration: Sendable {
  /// The state directory that it is for.
  public let state: StateDirectory
  /// Where it is; absolute.
  public let path: String
  /// What it holds.
  public let record: GenerationRecord
  /// The declared modules, with how each is verified.
  public let modules: [ModuleBlueprint]
  /// The distributions that were copied, since the file system has no hard links between the store and here.
  public let copied: [PackageName]
  /// What is doubtful about what it holds.
  public let warnings: [Diagnostic]

  /// Writes the record, writes everything out to the disk, and renames the directory to its number.
  ///
  /// `current` still points where it did. Throws `io`, and `stateInvalid` when the number is taken.
  public func publish() throws(Failure) {
    try Files.write(try JSONText.bytes(of: record), to: "\(path)/generation.json")
    let generations = state.generations(record.environment)
    try Files.makeDirectory(generations)
    try Files.write("\(record.number)\n", to: state.pending(record.environment))
    try Files.syncFileSystem(holding: path)
    let place = state.generation(record.environment, record.number)
    guard try Files.renameExclusively(path, to: place) else {
      throw Failure(
        .stateInvalid, "generation \(record.number) exists already", at: .path(place),
        because: "another run made it in the meantime", hint: "run the command again", retryable: true)
    }
    try Files.sync(directory: generations)
  }
}

/// The one commit point: `current` is renamed over.
public enum GenerationSwitch {
  /// Makes a generation the current one. Throws `generationAbsent`, `io`; until it returns, the old one is current.
  public static func activate(_ state: StateDirectory, environment: String, number: Int) throws(Failure) {
    let place = state.generation(environment, number)
    guard Files.exists("\(place)/generation.json") else {
      throw Failure(
        .generationAbsent, "there is no generation \(number) of \(environment)", at: .path(place),
        hint: "pinion history shows the generations that there are")
    }
    try Files.replaceLink(state.current(environment), to: "generations/\(number)")
    // What is in use is not pending, whatever stands there: the next run removes it where this one cannot.
    try? Files.remove(state.pending(environment))
  }
}

/// The generations of one environment on disk.
public struct Generations: Sendable {
  private let state: StateDirectory
  private let environment: String

  /// The generations of an environment.
  public init(state: StateDirectory, environment: String) {
    self.state = state
    self.environment = environment
  }

  /// The numbers of all generation directories, in order.
  public func numbers() throws(Failure) -> [Int] {
    try Files.list(state.generations(environment)).compactMap { name in
      Int(name).flatMap { $0 > 0 && "\($0)" == name ? $0 : nil }
    }.sorted()
  }

  /// The number that `current` points to; nil when there is none.
  public func current() -> Int? {
    guard let target = Files.linkTarget(state.current(environment)), target.hasPrefix("generations/") else {
      return nil
    }
    return Int(target.dropFirst("generations/".count))
  }

  /// The number for a new generation: above all that are there.
  public func next() throws(Failure) -> Int {
    max(try numbers().last ?? 0, current() ?? 0) + 1
  }

  /// The link to the generation in use.
  var currentLink: String { state.current(environment) }

  /// Where a generation is.
  public func path(_ number: Int) -> String { state.generation(environment, number) }

  /// What a generation holds; nil when it is not there or has no readable record.
  public func record(_ number: Int) throws(Failure) -> GenerationRecord? {
    try Files.readIfPresent("\(path(number))/generation.json").flatMap(JSONNode.init).flatMap(GenerationRecord.init)
  }

  /// A generation whose record has another format than this code reads.
  public struct Foreign: Sendable, Equatable {
    /// Its number.
    public let number: Int
    /// Its record's format.
    public let formatVersion: Int
  }

  /// A generation's number and format, where its record is whole and of another format; nil for all others.
  public func foreign(_ number: Int) throws(Failure) -> Foreign? {
    guard let record = try Files.readIfPresent("\(path(number))/generation.json").flatMap(JSONNode.init),
      record["number"]?.integer == number, let formatVersion = record["formatVersion"]?.integer,
      formatVersion != GenerationRecord.formatVersion
    else { return nil }
    return Foreign(number: number, formatVersion: formatVersion)
  }

  /// Removes a generation that was put in place and never in use, since whoever did it was killed before the switch. For those
  /// who hold the lock of one writer.
  public func removePending() throws(Failure) {
    guard let bytes = try Files.readIfPresent(state.pending(environment)) else { return }
    let number = Int(String(decoding: bytes, as: UTF8.self).split(separator: "\n").first ?? "")
    if let number, number > 0, number != current() { try Files.remove(path(number)) }
    try Files.remove(state.pending(environment))
  }

  /// Removes directories that never became a generation: those that were never in use, and those without a readable record,
  /// save the current one.
  ///
  /// Those whose record another version of Pinion wrote are left alone, and returned.
  public func removeUnfinished() throws(Failure) -> [Foreign] {
    try removePending()
    var left: [Foreign] = []
    let current = current()
    for number in try numbers() where try record(number) == nil {
      if let foreign = try foreign(number) {
        left.append(foreign)
      } else if number != current {
        try Files.remove(path(number))
      }
    }
    return left
  }
}
