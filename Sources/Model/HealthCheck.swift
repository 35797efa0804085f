/// What shows, after a switch, that the application does well with the new generation: `spec.health`.
public struct HealthCheck: Sendable, Equatable {
  /// One thing to look at.
  public enum Probe: Sendable, Equatable, CustomStringConvertible {
    /// A command that ends with status 0: the program, and its arguments.
    case exec([String])
    /// A GET that is answered with the status that is wanted, or any of 200 to 299, and with a text that is wanted in it.
    case http(RemoteURL, status: Int?, contains: String?)
    /// A port that takes connections. An IPv6 address has no brackets.
    case tcp(host: String, port: Int)
    /// A file with the number of a process that runs; absolute.
    case pidFile(String)

    /// What it does in a few words, without user info.
    public var description: String {
      switch self {
      case .exec(let words): words.joined(separator: " ")
      case .http(let url, _, _): "GET \(url)"
      case .tcp(let host, let port): "tcp \(host.contains(":") ? "[\(host)]" : host):\(port)"
      case .pidFile(let path): "process of \(path)"
      }
    }
  }

  /// All that must be well in the same try, in the manifest's order.
  public var probes: [Probe]
  /// How long it may take until all is well, in seconds.
  public var within: Double
  /// The pause between two tries, in seconds.
  public var every: Double
  /// How long one probe may take, in seconds.
  public var timeout: Double
  /// How many tries in a row must succeed.
  public var successes: Int
  /// Where it is declared.
  public var location: SourceLocation

  /// Creates a check. The defaults give an application a minute, look every 2 s, and wait 10 s for an answer.
  public init(
    probes: [Probe], within: Double = 60, every: Double = 2, timeout: Double = 10, successes: Int = 1,
    location: SourceLocation
  ) {
    self.probes = probes
    self.within = within
    self.every = every
    self.timeout = timeout
    self.successes = successes
    self.location = location
  }

  /// Whether it runs a command.
  public var runsCommands: Bool { probes.contains { if case .exec = $0 { true } else { false } } }

  /// What it asks for, in one line: two checks with the same text ask for the same.
  public var summary: String {
    let wanted = probes.map { probe in
      guard case .http(_, let status, let text) = probe else { return "\(probe)" }
      return "\(probe)" + (status.map { " = \($0)" } ?? "") + (text.map { " with '\($0)'" } ?? "")
    }
    let times = successes == 1 ? "" : ", \(successes) times in a row"
    return wanted.joined(separator: ", ") + " within \(Self.text(within)), every \(Self.text(every))\(times)"
  }

  /// `90 s`, `0.5 s`
  public static func text(_ seconds: Double) -> String {
    seconds == seconds.rounded() && seconds < 1e15 ? "\(Int(seconds)) s" : "\(seconds) s"
  }
}

/// Something that is done when another generation has come into use: an entry of `spec.onChange`.
public struct ChangeHook: Sendable, Equatable, CustomStringConvertible {
  /// What is done.
  public enum Action: Sendable, Equatable {
    /// A command is run: the program, and its arguments.
    case exec([String])
    /// A process, whose number a file has, is sent a signal; the path is absolute.
    case signal(HookSignal, pidFile: String)
    /// The service manager is told.
    case systemctl(SystemctlVerb, unit: String)
    /// What changed is sent to a server, as JSON.
    case post(RemoteURL)
  }

  /// What is done.
  public var action: Action
  /// How long it may take, in seconds.
  public var timeout: Double
  /// Where it is declared.
  public var location: SourceLocation

  /// Creates a hook; without a time it has 30 s.
  public init(_ action: Action, timeout: Double = 30, location: SourceLocation) {
    self.action = action
    self.timeout = timeout
    self.location = location
  }

  /// What it does in a few words, without user info.
  public var description: String {
    switch action {
    case .exec(let words): words.joined(separator: " ")
    case .signal(let signal, let pidFile): "SIG\(signal.rawValue) to the process of \(pidFile)"
    case .systemctl(let verb, let unit): "systemctl \(verb.rawValue) \(unit)"
    case .post(let url): "POST \(url)"
    }
  }
}

/// The signals that hooks may send.
public enum HookSignal: String, Sendable, Codable, CaseIterable { case HUP, INT, QUIT, USR1, USR2, TERM, WINCH }

/// What hooks may have systemctl do to a unit.
public enum SystemctlVerb: String, Sendable, Codable, CaseIterable {
  case reload, restart
  case reloadOrRestart = "reload-or-restart"
  case tryRestart = "try-restart"
}
