internal import Model

/// Complaints as people read them: place, what, the line itself, why, what to do.
enum DiagnosticText {
  /// `before` is what of the line is shown before the place; without it the line is taken to be shown as it is.
  static func render(_ diagnostic: Diagnostic, before: String? = nil, style: Style) -> String {
    let severity =
      switch diagnostic.severity {
      case .error: style.bold(style.red("error:"))
      case .warning: style.bold(style.yellow("warning:"))
      case .note: style.bold(style.cyan("note:"))
      }
    // In a line of its own, so that nothing quoted in it makes another.
    let message = style.bold(diagnostic.message.oneLine)
    var lines: [String] = []
    switch diagnostic.place {
    case .source(let location, let excerpt):
      lines.append("\(style.bold("\(location):".oneLine)) \(severity) \(message)")
      if let excerpt = excerpt.map({ VisibleText.escaped($0) }), !excerpt.isEmpty {
        let number = String(location.line)
        let margin = String(repeating: " ", count: number.count)
        lines.append(style.dim("  \(number) | ") + excerpt)
        let scalars = excerpt.unicodeScalars
        // Of a very long line only the beginning is there.
        if before != nil || location.column <= scalars.count + 1 {
          let space = TextWidth.blank(
            before.map({ VisibleText.escaped($0) }) ?? String(scalars.prefix(location.column - 1)))
          lines.append(style.dim("  \(margin) | ") + space + style.red("^"))
        }
      }
    case .path(let place), .url(let place):
      lines.append("\(severity) \(message)")
      lines.append("  \(style.dim("at")) \(place.oneLine)")
    case nil: lines.append("\(severity) \(message)")
    }
    if let cause = diagnostic.cause, !cause.isEmpty { lines.append(indented(cause, after: "why: ", style: style)) }
    if let hint = diagnostic.hint { lines.append(indented(hint, after: "try: ", style: style)) }
    return lines.joined(separator: "\n")
  }

  /// In the order of the text they are about; what has no place in a text stays behind, in its own order.
  static func inOrder(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    func place(_ diagnostic: Diagnostic) -> (file: String, line: Int, column: Int)? {
      guard case .source(let location, _) = diagnostic.place else { return nil }
      return (location.file, location.line, location.column)
    }
    let placed = diagnostics.enumerated().compactMap { entry in place(entry.element).map { (entry, $0) } }
    return placed.sorted { $0.1 == $1.1 ? $0.0.offset < $1.0.offset : $0.1 < $1.1 }.map(\.0.element)
      + diagnostics.filter { place($0) == nil }
  }

  private static func indented(_ text: String, after label: String, style: Style) -> String {
    let margin = "  " + String(repeating: " ", count: label.count)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return "  " + style.dim(label) + lines.joined(separator: "\n\(margin)")
  }
}
