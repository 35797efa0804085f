internal import Model

/// Asks the resolver variations of a question: each once, and no more than so many, in so much time.
actor ConflictProbe {
  private let session: UvSession
  private let parts: QuestionParts
  private let limit: Int
  private let end: ContinuousClock.Instant
  private var known: [QuestionVariation: UvResolver.Answer] = [:]
  /// How often the resolver was run.
  private(set) var runs = 0
  /// Whether a variation was not asked, since there was no time or no run left.
  private(set) var isExhausted = false

  init(_ parts: QuestionParts, session: UvSession, limit: Int, seconds: Int) {
    self.parts = parts
    self.session = session
    self.limit = limit
    end = .now + .seconds(seconds)
  }

  /// What comes of a variation; nil where it is not asked any more. Throws what files say.
  func answer(_ variation: QuestionVariation) async throws -> UvResolver.Answer? {
    if let answer = known[variation] { return answer }
    let left = ContinuousClock.now.duration(to: end).components.seconds
    guard runs < limit, left > 0 else {
      isExhausted = true
      return nil
    }
    runs += 1
    let answer = try await session.answer(parts.question(variation), deadline: Double(left))
    known[variation] = answer
    return answer
  }

  /// Whether a variation has no solution; nil where that is not known.
  func isUnsolvable(_ variation: QuestionVariation) async throws -> Bool? {
    switch try await answer(variation) {
    case .solved?: false
    // What failed for other reasons shows nothing.
    case .refused(_, let words)?: words != nil
    case nil: nil
    }
  }

  /// The solution of a variation; nil where there is none, or none is known.
  func solution(_ variation: QuestionVariation) async throws -> [SolvedDistribution]? {
    guard case .solved(let solved)? = try await answer(variation) else { return nil }
    return solved
  }

  /// What the resolver says of a variation without a solution.
  func words(_ variation: QuestionVariation) async throws -> String? {
    guard case .refused(_, let words)? = try await answer(variation) else { return nil }
    return words
  }
}
