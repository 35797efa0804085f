/// Which generations of an environment stay. Pure: it decides, `GarbageCollector` removes.
public struct Retention: Sendable, Equatable {
  /// Why a generation stays.
  public enum Reason: String, Sendable, Codable, CaseIterable {
    /// `current` points to it.
    case current
    /// A rollback pins the environment to it.
    case pinned
    /// It is gone back to if the current one, which is on trial, is not healthy.
    case fallback
    /// A process that was started from it still runs.
    case inUse
    /// It was in use a moment ago: a process may be about to start from it.
    case justLeft
    /// It is among the newest that are to be kept.
    case newest
    /// It is younger than what is to be removed.
    case young
    /// Nothing asks for its removal.
    case unasked
    /// Another version of Pinion wrote its record.
    case foreign
  }

  /// How many of the newest stay; nil where age alone decides.
  public var keep: Int?
  /// How old a generation must be to be removed, in seconds; nil where number alone decides.
  public var age: Double?

  /// Takes both bounds; with neither, every generation stays.
  public init(keep: Int? = nil, age: Double? = nil) {
    self.keep = keep
    self.age = age
  }

  /// How long after a switch the generation that was left is kept, in seconds. A process that read `current` before needs less
  /// than that to take its lock.
  public static let grace = 60

  /// One generation as it is found.
  public struct Candidate: Sendable, Equatable {
    /// Its number.
    public var number: Int
    /// When it was built, in seconds since 1970; nil where its record is another Pinion's.
    public var createdAt: Int?

    /// Creates a candidate.
    public init(number: Int, createdAt: Int?) {
      self.number = number
      self.createdAt = createdAt
    }
  }

  /// What is in use, and since when.
  public struct Use: Sendable, Equatable {
    /// The current generation.
    public var current: Int?
    /// The one that was current before it, where that is known.
    public var previous: Int?
    /// The one that a rollback pins.
    public var pinned: Int?
    /// The one that a trial may go back to.
    public var fallback: Int?
    /// When `current` was moved, in seconds since 1970.
    public var switchedAt: Int?

    /// Gathers them.
    public init(current: Int?, previous: Int?, pinned: Int?, fallback: Int? = nil, switchedAt: Int?) {
      self.fallback = fallback
      self.current = current
      self.previous = previous
      self.pinned = pinned
      self.switchedAt = switchedAt
    }
  }

  /// Why each of the generations stays, of those that do; whether a process uses one is not asked here.
  public func kept(_ candidates: [Candidate], use: Use, now: Int) -> [Int: Reason] {
    var kept: [Int: Reason] = [:]
    let newest = Set(candidates.map(\.number).sorted().suffix(keep ?? 0))
    let isRecent = use.switchedAt.map { now - $0 < Self.grace } ?? false
    for candidate in candidates {
      let number = candidate.number
      if number == use.current {
        kept[number] = .current
      } else if number == use.pinned {
        kept[number] = .pinned
      } else if number == use.fallback {
        kept[number] = .fallback
      } else if candidate.createdAt == nil {
        kept[number] = .foreign
      } else if keep == nil && age == nil {
        kept[number] = .unasked
      } else if newest.contains(number) {
        kept[number] = .newest
      } else if let age, let createdAt = candidate.createdAt, Double(now - createdAt) < age {
        kept[number] = .young
      } else if isRecent, use.pinned != nil || use.previous == nil || use.previous == number {
        // A rollback leaves no trace of where it came from: any of them may be the one.
        kept[number] = .justLeft
      }
    }
    return kept
  }
}
