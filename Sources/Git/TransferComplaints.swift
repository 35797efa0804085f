internal import GitWire
internal import Model

/// Puts into words what a server did with the time and the bytes that a request has, and what to do about it. Pure.
struct TransferComplaints {
  private let place: Place
  private let cause: String
  private let reachHint: String

  /// About a server.
  init(_ place: Place, because cause: String, reachHint: String) {
    self.place = place
    self.cause = cause
    self.reachHint = reachHint
  }

  /// The failure behind a kind of fault that the network alone knows.
  func failure(for kind: GitFault.Kind) -> Failure {
    switch kind {
    case .nameUnknown: failure("the git server's name is not known", "is the host's name right?", retryable: false)
    case .connectTimeout: failure("the git server could not be connected to in time", reachHint)
    case .silent: failure("the git server takes connections and says nothing", later)
    case .stalled: failure("the git server fell silent in the middle", later)
    case .slow: failure("the git server sends too slowly", later)
    case .hungUp: failure("the git server hung up in the middle", "try again; the server's log may say why")
    case .unavailable: failure("the git server cannot answer just now", "try again later")
    case .overdue: failure("the git server did not come to an end in time", later)
    case .redirectLoop:
      failure("the git server sends on and on", "is that the URL of a git repository?", retryable: false)
    default:
      failure(
        "the git server sends more than is taken for one repository",
        "is that the right repository? If it is, it is too large for Pinion", retryable: false)
    }
  }

  private var later: String { "try again later, or give it more time with --git-timeout" }

  private func failure(_ message: String, _ hint: String, retryable: Bool = true) -> Failure {
    Failure(.gitUnreachable, message, at: place, because: cause, hint: hint, retryable: retryable)
  }
}
