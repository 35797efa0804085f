import GitWire
import Testing

@Suite struct TransferGaugeTests {
  private static let limits = GitLimits(idle: 10, total: 100, bytes: 5000)

  private static func connected() -> TransferGauge {
    var gauge = TransferGauge(limits)
    gauge.connecting()
    gauge.connected()
    return gauge
  }

  @Test func aRequestAsAWholeTakesThirtyTimesTheSilence() {
    #expect(GitLimits(idle: 2).total == 60)
  }

  @Test func aConnectionIsWaitedForAsLongAsSilence() {
    var gauge = TransferGauge(Self.limits)
    gauge.connecting()
    #expect(gauge.patience(after: 0) == 10)
    gauge.waited(4)
    #expect(gauge.patience(after: 4) == 6 && gauge.excess(after: 4) == nil)
    gauge.waited(6)
    #expect(gauge.excess(after: 10) == .connecting)
    gauge.connecting()
    #expect(gauge.excess(after: 10) == nil)
  }

  @Test func nothingIsSilenceAndNothingMoreIsAStall() {
    var gauge = Self.connected()
    gauge.waited(10)
    #expect(gauge.excess(after: 10) == .silence)
    gauge = Self.connected()
    gauge.received(100)
    gauge.waited(10)
    #expect(gauge.excess(after: 10) == .stall)
  }

  @Test func aByteASecondIsTooSlowAndSixteenAreNot() {
    var gauge = Self.connected()
    for _ in 0..<10 {
      gauge.waited(1)
      gauge.received(1)
    }
    #expect(gauge.excess(after: 10) == .slowness)
    gauge = Self.connected()
    for second in 0..<50 {
      gauge.waited(1)
      gauge.received(16)
      #expect(gauge.excess(after: Double(second)) == nil)
    }
  }

  @Test func aBurstBuysOneSilenceAndNoMore() {
    var gauge = Self.connected()
    gauge.received(4000)
    gauge.waited(9)
    #expect(gauge.excess(after: 9) == nil)
    gauge.received(1)
    gauge.waited(1)
    #expect(gauge.excess(after: 10) == .slowness)
  }

  @Test func whatIsSentGivesTimeToAnswer() {
    var gauge = Self.connected()
    gauge.waited(9)
    gauge.sent()
    gauge.waited(9)
    #expect(gauge.excess(after: 18) == nil && gauge.patience(after: 18) == 1)
  }

  @Test func timeThatIsSpentHereIsNoSilence() {
    var gauge = Self.connected()
    gauge.received(1)
    #expect(gauge.excess(after: 99) == nil)
    #expect(gauge.patience(after: 99) == 1)
    #expect(gauge.excess(after: 100) == .time)
  }

  @Test func bytesAreCountedOverAllConnections() {
    var gauge = Self.connected()
    gauge.received(3000)
    gauge.connecting()
    gauge.connected()
    gauge.received(2000)
    #expect(gauge.excess(after: 1) == nil)
    gauge.allowance = 4999
    #expect(gauge.excess(after: 1) == .bytes)
  }
}
