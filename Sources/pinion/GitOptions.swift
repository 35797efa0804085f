internal import ArgumentParser
internal import Manifests
internal import Model

/// Options of the commands that may ask git servers.
struct GitOptions: ParsableArguments {
  @Option(
    name: .customLong("git-timeout"),
    help: ArgumentHelp(
      "How long a git server may take to be connected to, and may say nothing.",
      discussion: "As in 500ms, 2s or 1m30s. A request as a whole may take 30 times that.", valueName: "duration"))
  var gitTimeout = "60s"

  /// Seconds. Throws `usage` for what is no duration, or one that no server can keep to or nobody waits for.
  func timeout() throws(Failure) -> Double {
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
