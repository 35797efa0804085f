import GitWire
import Model
import Testing

@testable import Git

@Suite struct GitComplaintsTests {
  private static let complaints = GitComplaints(
    Repository(RemoteURL(scheme: "https", host: "git.example.com", path: "/a.git")))

  private static func complaint(_ error: any Error) throws -> Diagnostic {
    try #require((complaints.failure(for: error) as? Failure)?.diagnostics.first)
  }

  @Test(arguments: [
    (GitFault.Kind.unreachable, Diagnostic.Code.gitUnreachable, true), (.credentialsWanted, .gitRefused, false),
    (.refused, .gitRefused, false), (.redirected, .gitRefused, false), (.absent, .gitFailed, false),
    (.connectTimeout, .gitUnreachable, true), (.silent, .gitUnreachable, true), (.stalled, .gitUnreachable, true),
    (.slow, .gitUnreachable, true), (.hungUp, .gitUnreachable, true), (.unavailable, .gitUnreachable, true),
    (.overdue, .gitUnreachable, true), (.tooMuch, .gitUnreachable, false), (.redirectLoop, .gitUnreachable, false),
    (.nameUnknown, .gitUnreachable, false), (.untrusted, .gitUnreachable, false), (.unfit, .gitFailed, false),
    (.mirrorBroken, .gitFailed, false), (.failed, .gitFailed, false),
  ])
  func keepsTheCauseAndSaysWhetherToTryAgain(_ kind: GitFault.Kind, _ code: Diagnostic.Code, retryable: Bool) throws {
    let complaint = try Self.complaint(GitFault(kind, "at https://secret@git.example.com/a.git"))
    #expect(complaint.code == code)
    #expect(complaint.isRetryable == retryable)
    #expect(complaint.place == .url("https://git.example.com/a.git"))
    #expect(complaint.cause == "at https://git.example.com/a.git")
  }

  @Test func aBadCertificateDoesNotGetBetterByTrying() throws {
    let complaint = try Self.complaint(GitFault(.untrusted, "the SSL certificate is invalid: 0x08"))
    #expect(complaint.code == .gitUnreachable)
    #expect(!complaint.isRetryable)
    #expect(complaint.hint?.contains("SSL_CERT_FILE") == true)
  }

  @Test(arguments: [(Int32(11), "signal 11"), (3 << 8, "status 3")])
  func saysHowTheHelperEnded(_ status: Int32, _ words: String) throws {
    #expect(try Self.complaint(HelperProcess.Loss.ended(status: status)).cause?.contains(words) == true)
  }
}
