internal import Model
internal import Network
internal import Platform

/// What hooks and health checks do on this machine. Each says what was not well in a few words, or nothing.
struct HostActions: Sendable {
  let client: WebClient
  let secrets: SecretRegistry
  let variables: Variables
  /// The directories of PATH.
  let searchPath: [String]
  let workingDirectory: String
  /// What commands learn besides PATH, HOME and LANG.
  let facts: [String: String]

  // MARK: health

  /// What is not well in one try; nil when all is.
  func flaw(in check: HealthCheck, timeout: Double) async throws -> String? {
    for probe in check.probes {
      if let flaw = try await flaw(of: probe, timeout: timeout) { return "\(probe): \(flaw)" }
    }
    return nil
  }

  /// Tries until all is well, or the time is over: then what was not. The first try has its time however little that is, and the
  /// last one begins before it is over.
  func lastFlaw(of check: HealthCheck) async throws -> String? {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(check.within)
    var row = 0
    var isFirst = true
    while true {
      let left = clock.now.duration(to: end)
      let seconds = Double(left.components.seconds) + Double(left.components.attoseconds) / 1e18
      let flaw = try await flaw(in: check, timeout: isFirst ? check.timeout : min(check.timeout, max(seconds, 0.05)))
      isFirst = false
      row = flaw == nil ? row + 1 : 0
      if row >= check.successes { return nil }
      guard clock.now + .seconds(check.every) < end else {
        return flaw.map(shown)
          ?? "all was well \(row == 1 ? "once" : "\(row) times in a row"), and \(check.successes) are asked for"
      }
      try await Task.sleep(for: .seconds(check.every))
    }
  }

  private func flaw(of probe: HealthCheck.Probe, timeout: Double) async throws -> String? {
    switch probe {
    case .exec(let words): return try await run(words, input: [], timeout: timeout)
    case .pidFile(let path):
      do throws(RunningProcess.Problem) { _ = try RunningProcess(pidFile: path) } catch { return error.message }
      return nil
    case .tcp(let host, let port):
      return try await saying { try await client.connect(toHost: host, port: port, deadline: timeout) }
    case .http(let url, let status, let text):
      return try await saying {
        let answer = try await client.ask("\(url)", credentials: credentials(of: url), deadline: timeout)
        let isWanted = status.map { $0 == answer.status } ?? (200...299).contains(answer.status)
        guard isWanted else { return "it answered \(answer.status)" + (status.map { ", and \($0) is wanted" } ?? "") }
        guard let text, !String(decoding: answer.bytes, as: UTF8.self).contains(text) else { return nil }
        return "its answer does not contain '\(text)'"
      }
    }
  }

  // MARK: hooks

  /// Does what a hook says; what went wrong, or nil.
  func flaw(of hook: ChangeHook, report: [UInt8]) async throws -> String? {
    let flaw: String?
    switch hook.action {
    case .exec(let words): flaw = try await run(words, input: report, timeout: hook.timeout)
    case .systemctl(let verb, let unit):
      flaw = try await run(
        ["systemctl", "--no-ask-password", verb.rawValue, unit], input: [], timeout: hook.timeout)
    case .signal(let signal, let path):
      do throws(RunningProcess.Problem) {
        try RunningProcess(pidFile: path).send(signal)
        flaw = nil
      } catch { flaw = error.message }
    case .post(let url):
      flaw = try await saying {
        let answer = try await client.post(
          "\(url)", json: report, credentials: credentials(of: url), deadline: hook.timeout)
        return (200...299).contains(answer.status) ? nil : "it answered \(answer.status)"
      }
    }
    return flaw.map(shown)
  }

  // MARK: parts

  private func credentials(of url: RemoteURL) throws(Failure) -> Credentials? {
    try url.userInfo?.resolved(with: variables)
  }

  /// The words of a failure; a cancellation is none.
  private func saying(_ body: () async throws -> String?) async throws -> String? {
    do { return try await body() } catch let failure as Failure {
      try Task.checkCancellation()
      return failure.diagnostics.first.map { $0.message + ($0.cause.map { ": \($0)" } ?? "") } ?? "it failed"
    }
  }

  private func saying(_ body: () async throws -> Void) async throws -> String? {
    try await saying { () async throws -> String? in
      try await body()
      return nil
    }
  }

  /// Runs a command in a small environment of its own; it and its group are killed when its time is over.
  private func run(_ words: [String], input: [UInt8], timeout: Double) async throws -> String? {
    guard let name = words.first else { return nil }
    guard let program = name.contains("/") ? name : found(name) else { return "there is no program '\(name)' on PATH" }
    guard Files.isExecutable(program) else { return "\(program) is no program that can be run" }
    var environment = facts
    environment["PATH"] = searchPath.joined(separator: ":")
    environment["LANG"] = "C.UTF-8"
    environment["HOME"] = variables["HOME"] ?? "/"
    let ended: ProcessResult
    do {
      ended = try await ChildProcess.run(
        program, Array(words.dropFirst()), environment: environment, workingDirectory: workingDirectory, input: input,
        deadline: timeout)
    } catch let failure as Failure {
      try Task.checkCancellation()
      return failure.diagnostics.first.map { $0.cause ?? $0.message }
    }
    if ended.timedOut { return "it did not end within \(HealthCheck.text(timeout))" }
    guard ended.status != 0 else { return nil }
    let said = ended.lastWords(lines: 3)
    return "it ended with status \(ended.status)" + (said.isEmpty ? "" : ": \(said)")
  }

  private func found(_ name: String) -> String? {
    searchPath.map { "\($0)/\(name)" }.first(where: Files.isExecutable)
  }

  /// As it may be shown and kept: without secrets, on one line, and short.
  private func shown(_ text: String) -> String {
    let line = secrets.redact(text).split(whereSeparator: \.isNewline).joined(separator: " / ")
    return line.unicodeScalars.count <= 600 ? line : String(line.unicodeScalars.prefix(600)) + "…"
  }
}
