internal import ArgumentParser
internal import Manifests
internal import Model

/// How servers are asked.
struct NetworkSettings: Sendable {
  /// Seconds that a git server may take to be connected to, and may say nothing.
  var gitTimeout = 60.0
  /// Whether no server is asked for anything.
  var isOffline: Bool

  /// Whether the variable PINION_OFFLINE says so: any value does, save those that mean no.
  static func isOffline(_ variables: [String: String]) -> Bool {
    !["", "0", "false", "no", "off"].contains(variables["PINION_OFFLINE", default: ""].lowercased())
  }
}

/// Options of the commands that may ask servers.
struct NetworkOptions: ParsableArguments {
  @Flag(
    name: .long,
    help: ArgumentHelp(
      "Ask no server for anything: what is not at hand is an error.",
      discussion: "The variable PINION_OFFLINE does the same."))
  var offline = false

  @Option(
    name: .customLong("git-timeout"),
    help: ArgumentHelp(
      "How long a git server may take to be connected to, and may say nothing.",
      discussion: "As in 500ms, 2s or 1m30s. A request as a whole may take 30 times that.", valueName: "duration"))
  var gitTimeout = "60s"

  /// What the options and variables say. Throws `usage`.
  func settings(_ variables: [String: String]) throws(Failure) -> NetworkSettings {
    NetworkSettings(gitTimeout: try timeout(), isOffline: offline || NetworkSettings.isOffline(variables))
  }

  /// Seconds. Throws `usage` for what is no duration, or one that no server can keep to or nobody waits for.
  private func timeout() throws(Failure) -> Double {
    let seconds: Double
    do throws(DurationText.Problem) {
      seconds = try DurationText.seconds(gitTimeout)
    } catch {
      throw Failure(.usage, "--git-timeout: \(error.message)", hint: error.hint)
    }
    guard (0.1...86_400).contains(seconds) else {
      throw Failure(
        .usage, "--git-timeout: it must be from 100ms to 1d", hint: "write it as in '500ms', '2s' or '1m30s'")
    }
    return seconds
  }
}
