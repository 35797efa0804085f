import GitWire
import Testing

@testable import Git

@Suite struct RetryPolicyTests {
  private static let policy = RetryPolicy(attempts: 5, pause: 1, longestPause: 3)

  private static func pause(_ kind: GitFault.Kind, attempt: Int = 1, left: Double = 60) -> Double? {
    policy.pause(after: GitFault(kind, ""), attempt: attempt, left: left, chance: 1)
  }

  @Test(arguments: [
    GitFault.Kind.unreachable, .connectTimeout, .silent, .hungUp, .unavailable,
  ])
  func whatMayGoAwayIsTriedAgain(_ kind: GitFault.Kind) {
    #expect(Self.pause(kind) == 1)
  }

  @Test(arguments: [
    GitFault.Kind.nameUnknown, .untrusted, .stalled, .slow, .tooMuch, .overdue, .redirectLoop, .credentialsWanted,
    .refused, .hostUnknown, .hostChanged, .hostRevoked, .knownHostsUnreadable, .keyUnreadable, .keyExposed,
    .passphraseWanted, .passphraseWrong, .keyUnusable, .keyRefused, .redirected, .proxyRefused, .absent, .mirrorBroken,
    .unfit, .failed,
  ])
  func whatStaysAsItIsIsNot(_ kind: GitFault.Kind) {
    #expect(Self.pause(kind) == nil)
  }

  @Test func norAreLossesOfTheHelperAndCancellations() {
    for error in [HelperProcess.Loss.timedOut(seconds: 1), HelperProcess.Loss.ended(status: 9), CancellationError()]
      as [any Error]
    {
      #expect(Self.policy.pause(after: error, attempt: 1, left: 60, chance: 0) == nil)
    }
  }

  @Test func waitsGrowToALimitAndHaveAnEnd() {
    #expect((1...5).map { Self.pause(.silent, attempt: $0) } == [1, 2, 3, 3, nil])
    #expect(RetryPolicy.never.pause(after: GitFault(.silent, ""), attempt: 1, left: 60, chance: 0) == nil)
    #expect(RetryPolicy().attempts == 3)
  }

  @Test func chanceTakesUpToAHalf() {
    #expect(Self.policy.pause(after: GitFault(.silent, ""), attempt: 2, left: 60, chance: 0) == 1)
    #expect(Self.policy.pause(after: GitFault(.silent, ""), attempt: 2, left: 60, chance: 0.5) == 1.5)
  }

  @Test func thereMustBeTimeLeft() {
    #expect(Self.pause(.silent, left: 1) == nil)
    #expect(Self.pause(.silent, left: 1.01) == 1)
    #expect(Self.pause(.silent, left: -3) == nil)
  }
}

@Suite struct HostQueueTests {
  @Test func oneHostDoesNotTakeEveryPlace() {
    var queue = HostQueue(total: 3, perHost: 2)
    #expect(queue.enter("slow") == nil)
    #expect(queue.enter("slow") == nil)
    #expect(queue.enter("slow") == 1)
    #expect(queue.enter("other") == nil)
    #expect(queue.enter("other") == 2)
    #expect(queue.enter(nil) == 3)
    // The longest waiting whose host has a place.
    #expect(queue.leave("other") == [2])
    #expect(queue.leave("slow") == [1])
    #expect(queue.leave("slow") == [3])
    #expect(queue.leave("slow") == [])
    #expect(queue.leave("other") == [])
    #expect(queue.enter("slow") == nil)
  }

  @Test func workThatAsksNobodyIsBoundByTheTotalAlone() {
    var queue = HostQueue(total: 3, perHost: 1)
    #expect((0..<4).map { _ in queue.enter(nil) } == [nil, nil, nil, 1])
    #expect(queue.leave(nil) == [1])
  }
}
