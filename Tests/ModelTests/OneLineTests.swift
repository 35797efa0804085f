import Model
import Testing

@Suite("Text in one line") struct OneLineTests {
  @Test(arguments: [
    ("plain → ünïcode\t文", "plain → ünïcode\t文"), ("a\nb", "a\\nb"), ("a\r\nb", "a\\u000d\\nb"),
    ("\u{1B}[2J", "\\u001b[2J"),
    ("\u{85}\u{2028}\u{2029}", "\\u0085\\u2028\\u2029"),
    ("\u{202E}x\u{2066}\u{200F}\u{61C}", "\\u202ex\\u2066\\u200f\\u061c"),
    ("", ""),
  ])
  func holdsNoCommand(text: String, expected: String) { #expect(text.oneLine == expected) }

  @Test func escapesAreThoseOfJSON() {
    #expect(Unicode.Scalar(0xF0000)?.escape == "\\udb80\\udc00" && Unicode.Scalar(7).escape == "\\u0007")
  }
}
