import Model
import Testing

@testable import Reconciliation

@Suite("How far downloads are")
struct DownloadTextTests {
  private static let mebibyte = 1 << 20

  private static func state(_ done: Int, of total: Int = 100, files: Int = 12) -> DownloadState {
    DownloadState(files: files, done: done * mebibyte, total: total * mebibyte)
  }

  @Test(arguments: [
    (-5, "1 KiB"), (0, "1 KiB"), (2047, "1 KiB"), (340 << 10, "340 KiB"), ((1 << 20) - 1, "1023 KiB"),
    (1 << 20, "1.0 MiB"), ((3 << 20) + 1, "3.0 MiB"), (12 << 20, "12 MiB"), (1023 << 20, "1023 MiB"),
    (5 << 29, "2.5 GiB"),
    (40 << 30, "40 GiB"),
  ])
  func sizes(bytes: Int, text: String) {
    #expect(DownloadText.size(bytes) == text)
  }

  @Test(arguments: [
    (0.0, "0s"), (0.2, "1s"), (59, "59s"), (60, "1m00s"), (125, "2m05s"), (3599.5, "1h00m"), (7380, "2h03m"),
    (1e12, "99h59m"), (-1, "0s"),
  ])
  func durations(seconds: Double, text: String) {
    #expect(DownloadText.duration(seconds) == text)
  }

  @Test func aBarHasRateAndTimeLeft() {
    var text = DownloadText()
    text.add(Self.state(0), at: 100)
    #expect(
      text.bar(Self.state(0), columns: 100) == "Downloading 12 files [--------------------] 1 KiB of 100 MiB")
    text.add(Self.state(10), at: 101)
    text.add(Self.state(20), at: 102)
    #expect(
      text.bar(Self.state(20), columns: 100)
        == "Downloading 12 files [####----------------] 20 MiB of 100 MiB, 10 MiB/s, 8s left")
    #expect(text.bar(Self.state(20), columns: 60) == "[####----------------] 20 MiB of 100 MiB, 10 MiB/s, 8s left")
    #expect(text.bar(Self.state(20), columns: 40) == "20 MiB of 100 MiB, 10 MiB/s, 8s left")
    #expect(text.bar(Self.state(20), columns: 10) == "20 MiB of")
    #expect(text.bar(Self.state(20), columns: 0) == "")
    // More than was said, as where no sizes are known.
    text.add(DownloadState(files: 1, done: 30 << 20, total: 0), at: 103)
    #expect(
      text.bar(DownloadState(files: 1, done: 30 << 20, total: 0), columns: 100)
        == "Downloading 1 file [--------------------] 30 MiB of 1 KiB, 10 MiB/s")
  }

  @Test func theRateIsThatOfTheLastSeconds() {
    var text = DownloadText()
    for second in 0...20 { text.add(Self.state(second * 5), at: Double(second)) }
    #expect(text.rate == 5.0 * 1_048_576)
    // It stalls: the rate falls, and in the end there is none.
    for second in 21...23 { text.add(Self.state(100), at: Double(second)) }
    #expect(text.rate.map { $0 < 3.0 * 1_048_576 } == true)
    for second in 24...40 { text.add(Self.state(100), at: Double(second)) }
    #expect(text.rate == nil)
  }

  @Test func linesAreFew() {
    var text = DownloadText()
    let lines = (0...1000).compactMap { text.line(Self.state($0, of: 1000)) }
    #expect(lines.count == 9 && lines.first == "Downloaded 100 MiB of 1000 MiB")
    var small = DownloadText()
    #expect((0...3).compactMap { small.line(Self.state($0, of: 3)) } == [])
  }
}
