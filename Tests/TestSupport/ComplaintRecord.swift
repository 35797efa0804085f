public import Model

/// Complaints as users see them, each below what brought it about: what goes into a snapshot.
public struct ComplaintRecord {
  /// All that was added.
  public private(set) var text = ""

  /// Begins with nothing.
  public init() {}

  /// Adds what was said of something.
  public mutating func add(_ title: String, _ diagnostics: [Diagnostic]) {
    let lines = title.split(separator: "\n", omittingEmptySubsequences: false).map { "# \($0)\n" }
    text += (text.isEmpty ? "" : "\n") + lines.joined() + diagnostics.map { "\(Self.shown($0))\n" }.joined()
  }

  /// Adds what fails. Throws when it does not.
  public mutating func add(_ title: String, _ body: () throws -> Void) throws {
    do { try body() } catch let failure as Failure { return add(title, failure.diagnostics) }
    throw Failure(.internal, "nothing was said of '\(title)'")
  }

  /// Adds what fails. Throws when it does not.
  public mutating func add(_ title: String, waitingFor body: () async throws -> Void) async throws {
    do { try await body() } catch let failure as Failure { return add(title, failure.diagnostics) }
    throw Failure(.internal, "nothing was said of '\(title)'")
  }

  /// Whether the snapshot of that name, beside the test's own file, holds the same, in which directories have names.
  public func isOnRecord(
    as name: String, beside file: String, replacing replacements: [(String, String)] = []
  ) throws -> Bool {
    let actual = Snapshot.normalized(text, replacing: replacements)
    return try Snapshot(name, beside: file).text(orRecord: actual) == actual
  }

  /// One complaint, as `pinion` prints it.
  public static func shown(_ diagnostic: Diagnostic) -> String {
    var lines = ["\(diagnostic.severity): \(diagnostic.message)"]
    switch diagnostic.place {
    case .source(let location, let excerpt):
      lines[0] = "\(location): \(lines[0])"
      if let excerpt, !excerpt.isEmpty {
        let number = String(location.line)
        let margin = String(repeating: " ", count: number.count)
        lines.append("  \(number) | \(excerpt)")
        lines.append("  \(margin) | \(String(repeating: " ", count: max(location.column - 1, 0)))^")
      }
    case .path(let place), .url(let place): lines.append("  at \(place)")
    case nil: break
    }
    if let cause = diagnostic.cause, !cause.isEmpty {
      lines.append("  why: " + cause.replacing("\n", with: "\n       "))
    }
    if let hint = diagnostic.hint { lines.append("  try: " + hint.replacing("\n", with: "\n       ")) }
    return lines.joined(separator: "\n")
  }
}
