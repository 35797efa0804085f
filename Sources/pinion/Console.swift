internal import Glibc
internal import Manifests
internal import Model
internal import Platform
internal import Reconciliation
internal import Synchronization

/// Where words go: results to standard output, everything else to standard error, secrets to neither.
final class Console: Sendable {
  private let secrets: SecretRegistry
  private let isQuiet: Bool
  private let isVerbose: Bool
  private let lines: ManifestLines
  private let lastAnnouncement = Mutex("")
  private let lostResult = Mutex<Failure?>(nil)
  private let downloads = Mutex(Downloads())
  /// Whether standard error is a terminal that lines can be written over in.
  private let hasBars: Bool
  /// Whether results are coloured.
  let style: Style
  /// Whether complaints are coloured.
  let errorStyle: Style

  /// `lines` shows lines of manifests without their secrets.
  init(secrets: SecretRegistry, settings: CommonSettings, variables: [String: String], lines: ManifestLines) {
    self.secrets = secrets
    self.lines = lines
    isQuiet = settings.isQuiet
    isVerbose = settings.isVerbose && !settings.isQuiet
    // NO_COLOR: https://no-color.org; a dumb terminal shows escapes as they are.
    let mayColour = settings.hasColors && (variables["NO_COLOR"] ?? "").isEmpty && variables["TERM"] != "dumb"
    style = Style(isColoured: mayColour && isatty(STDOUT_FILENO) == 1)
    errorStyle = Style(isColoured: mayColour && isatty(STDERR_FILENO) == 1)
    hasBars = isatty(STDERR_FILENO) == 1 && variables["TERM"] != "dumb"
  }

  /// Writes a result.
  func result(_ text: String) {
    clear()
    let shown = VisibleText.escaped(secrets.redact(text), isColoured: style.isColoured)
    let bytes = Array((shown + (text.hasSuffix("\n") ? "" : "\n")).utf8)
    do throws(Failure) { try Files.writeAll(bytes, to: STDOUT_FILENO, path: "standard output") } catch {
      // A reader that went away, as `head` does, is no error of ours; a full disk is.
      if errno != EPIPE { lostResult.withLock { $0 = $0 ?? error } }
    }
  }

  /// Throws what kept a result from being written: nobody may take half of one for the whole.
  func checkResults() throws(Failure) {
    if let failure = lostResult.withLock(\.self) { throw failure }
  }

  /// Writes a step that is being done, once in a row.
  func announce(_ text: String) {
    guard !isQuiet else { return }
    let isNew = lastAnnouncement.withLock { last in
      defer { last = text }
      return last != text
    }
    guard isNew else { return }
    clear()
    write(errorStyle.dim(secrets.redact(text) + " …") + "\n")
  }

  /// What is shown of downloads.
  private struct Downloads {
    var text = DownloadText()
    /// Whether a bar stands in the terminal's last line.
    var isShown = false
    /// When it was last written, in seconds.
    var shownAt = -1.0
  }

  /// Says how far downloads are: as a bar that is written over, at most ten times a second, or in a few lines where there is no
  /// terminal.
  func report(_ state: DownloadState) {
    guard !isQuiet else { return }
    guard hasBars else {
      if state.done == 0 { return announce(DownloadText.beginning(state)) }
      if let line = downloads.withLock({ $0.text.line(state) }) { announce(line) }
      return
    }
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let now = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    downloads.withLock { downloads in
      if state.done == 0 { downloads = Downloads() }
      downloads.text.add(state, at: now)
      guard state.done >= state.total || now - downloads.shownAt >= 0.1 else { return }
      downloads.shownAt = now
      downloads.isShown = state.done < state.total
      var size = winsize()
      let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
      let bar = downloads.text.bar(state, columns: isKnown ? Int(size.ws_col) : 80)
      let shown = downloads.isShown ? VisibleText.escaped(errorStyle.dim(bar), isColoured: errorStyle.isColoured) : ""
      Self.writeRaw("\r" + shown + "\u{1B}[K")
    }
  }

  /// Takes the bar away, so that what is written next has a line of its own.
  private func clear() {
    downloads.withLock { downloads in
      guard downloads.isShown else { return }
      downloads.isShown = false
      Self.writeRaw("\r\u{1B}[K")
    }
  }

  /// Writes what is of interest with `--verbose` alone.
  func detail(_ text: String) {
    guard isVerbose else { return }
    clear()
    write(errorStyle.dim(secrets.redact(text)) + "\n")
  }

  /// Writes a remark that is neither result nor complaint.
  func remark(_ text: String) {
    guard !isQuiet else { return }
    clear()
    write(secrets.redact(text) + "\n")
  }

  /// Nobody reads more warnings at once.
  private static let mostWarnings = 1_000

  /// Writes complaints; warnings and notes are left out with `--quiet`, and where there are very many, all but the first.
  func complain(_ diagnostics: [Diagnostic]) {
    clear()
    var warnings = 0
    for diagnostic in diagnostics {
      if diagnostic.severity != .error {
        warnings += isQuiet ? 0 : 1
        guard !isQuiet, warnings <= Self.mostWarnings else { continue }
      }
      let (shown, before) = shown(secrets.redact(diagnostic))
      let text = DiagnosticText.render(shown, before: before, style: errorStyle)
      write(secrets.redact(text) + "\n")
    }
    guard warnings > Self.mostWarnings else { return }
    let more = warnings - Self.mostWarnings
    let label = errorStyle.bold(errorStyle.yellow("warning:"))
    remark("\(label) \(more) more \(more == 1 ? "warning is" : "warnings are") not shown")
  }

  /// With the line it is about, where those who complained had only its place, and what of it stands before that.
  private func shown(_ diagnostic: Diagnostic) -> (diagnostic: Diagnostic, before: String?) {
    guard case .source(let location, let excerpt) = diagnostic.place, let shown = lines.shown(at: location) else {
      return (diagnostic, nil)
    }
    let text = secrets.redact(shown.text)
    // The file may have been changed meanwhile.
    guard excerpt == nil || excerpt == text else { return (diagnostic, nil) }
    var copy = diagnostic
    copy.place = .source(location, excerpt: text)
    return (copy, ManifestLines.commonStart(text, secrets.redact(shown.before)))
  }

  /// Writes whatever went wrong.
  func complain(_ error: any Error) {
    switch error {
    case let failure as Failure: complain(DiagnosticText.inOrder(failure.diagnostics))
    case is CancellationError:
      complain([Diagnostic(.cancelled, "interrupted; no environment was left half changed")])
    default: complain([Diagnostic(.internal, "something unexpected went wrong", because: "\(error)")])
    }
  }

  private func write(_ text: String) {
    Self.writeRaw(VisibleText.escaped(text, isColoured: errorStyle.isColoured))
  }

  private static func writeRaw(_ text: String) {
    // Where complaints cannot be written, there is nobody to complain to.
    try? Files.writeAll(Array(text.utf8), to: STDERR_FILENO, path: "output")
  }
}

extension SecretRegistry {
  /// A complaint whose texts show no secret, and no part of one.
  func redact(_ diagnostic: Diagnostic) -> Diagnostic {
    var result = diagnostic
    result.message = redactQuotes(in: redact(diagnostic.message))
    result.cause = diagnostic.cause.map { redactQuotes(in: redact($0)) }
    result.hint = diagnostic.hint.map { redactQuotes(in: redact($0)) }
    return result
  }
}

/// Colours, or none.
struct Style: Sendable {
  var isColoured: Bool

  private func paint(_ text: String, _ code: String) -> String {
    isColoured && !text.isEmpty ? "\(VisibleText.mark)\(code)m\(text)\(VisibleText.mark)0m" : text
  }

  func bold(_ text: String) -> String { paint(text, "1") }
  func dim(_ text: String) -> String { paint(text, "2") }
  func red(_ text: String) -> String { paint(text, "31") }
  func green(_ text: String) -> String { paint(text, "32") }
  func yellow(_ text: String) -> String { paint(text, "33") }
  func cyan(_ text: String) -> String { paint(text, "36") }
}
