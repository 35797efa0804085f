import Testing

@testable import Reconciliation

@Suite struct RetentionTests {
  private let now = 1_000_000
  /// Generations 1 to 5, a day old the youngest, five days the oldest.
  private var candidates: [Retention.Candidate] {
    (1...5).map { Retention.Candidate(number: $0, createdAt: now - (6 - $0) * 86_400) }
  }

  private func kept(
    _ retention: Retention, current: Int? = 5, previous: Int? = nil, pinned: Int? = nil, switchedAt: Int? = 0
  ) -> [String] {
    let use = Retention.Use(current: current, previous: previous, pinned: pinned, switchedAt: switchedAt)
    return retention.kept(candidates, use: use, now: now).sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
  }

  @Test func nothingIsRemovedUnasked() {
    #expect(kept(Retention()) == ["1 unasked", "2 unasked", "3 unasked", "4 unasked", "5 current"])
  }

  @Test func theNewestStay() {
    #expect(kept(Retention(keep: 2)) == ["4 newest", "5 current"])
    #expect(kept(Retention(keep: 2), current: 1) == ["1 current", "4 newest", "5 newest"])
    #expect(kept(Retention(keep: 0)) == ["5 current"])
    #expect(kept(Retention(keep: 99)).count == 5)
    #expect(kept(Retention(keep: 0), current: nil) == [])
  }

  @Test func theYoungStay() {
    #expect(kept(Retention(age: 2.5 * 86_400)) == ["4 young", "5 current"])
    #expect(kept(Retention(age: 0)) == ["5 current"])
  }

  @Test func withBothBoundsOnlyWhatIsBeyondBothGoes() {
    #expect(kept(Retention(keep: 1, age: 3.5 * 86_400)) == ["3 young", "4 young", "5 current"])
    #expect(kept(Retention(keep: 4, age: 0)) == ["2 newest", "3 newest", "4 newest", "5 current"])
  }

  @Test func whatARollbackPinsStays() {
    #expect(kept(Retention(keep: 0), current: 2, pinned: 2) == ["2 current"])
    #expect(kept(Retention(keep: 0), current: 3, pinned: 2) == ["2 pinned", "3 current"])
  }

  @Test func whatATrialMayGoBackToStays() {
    let use = Retention.Use(current: 5, previous: 4, pinned: nil, fallback: 3, switchedAt: 0)
    #expect(Retention(keep: 0).kept(candidates, use: use, now: now) == [3: .fallback, 5: .current])
  }

  @Test func whatWasJustLeftStaysForAMoment() {
    let recent = now - Retention.grace + 1
    #expect(kept(Retention(keep: 0), previous: 3, switchedAt: recent) == ["3 justLeft", "5 current"])
    #expect(kept(Retention(keep: 0), previous: 3, switchedAt: now - Retention.grace) == ["5 current"])
    // Nobody knows from where a rollback came.
    #expect(
      kept(Retention(keep: 0), current: 2, previous: 1, pinned: 2, switchedAt: recent)
        == ["1 justLeft", "2 current", "3 justLeft", "4 justLeft", "5 justLeft"])
    #expect(kept(Retention(keep: 0), previous: nil, switchedAt: recent).count == 5)
  }

  @Test func whatAnotherPinionMadeStays() {
    let use = Retention.Use(current: 1, previous: nil, pinned: nil, switchedAt: 0)
    let candidates = [Retention.Candidate(number: 1, createdAt: 0), Retention.Candidate(number: 2, createdAt: nil)]
    #expect(Retention(keep: 0).kept(candidates, use: use, now: now) == [1: .current, 2: .foreign])
  }
}
