internal import Model

/// Complaints as GitHub's workflows read them: annotations of lines in a pull request.
///
/// Source: GitHub's documentation, "Workflow commands", and the escaping of its toolkit's `@actions/core`.
enum WorkflowCommand {
  /// `::error file=manifests/a.yaml,line=3,col=5::message`
  static func text(_ diagnostic: Diagnostic) -> String {
    let command =
      switch diagnostic.severity {
      case .error: "error"
      case .warning: "warning"
      case .note: "notice"
      }
    var properties: [String] = []
    switch diagnostic.place {
    case .source(let location, _):
      properties = ["file=\(property(location.file))", "line=\(location.line)", "col=\(location.column)"]
    case .path(let path): properties = ["file=\(property(path))"]
    case .url, nil: break
    }
    var message = diagnostic.message
    if case .url(let url) = diagnostic.place { message += " at \(url)" }
    if let cause = diagnostic.cause, !cause.isEmpty { message += "\nwhy: \(cause)" }
    if let hint = diagnostic.hint { message += "\ntry: \(hint)" }
    return "::\(command)\(properties.isEmpty ? "" : " ")\(properties.joined(separator: ","))::\(data(message))"
  }

  /// A message in which no line ends. By scalars: to Swift, a carriage return with a line feed is one character.
  static func data(_ text: String) -> String {
    escaped(text, ["%": "%25", "\r": "%0D", "\n": "%0A"])
  }

  /// A property's value, which a colon or a comma would end.
  static func property(_ text: String) -> String {
    escaped(text, ["%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"])
  }

  private static func escaped(_ text: String, _ escapes: [Unicode.Scalar: String]) -> String {
    text.unicodeScalars.map { escapes[$0] ?? String($0) }.joined()
  }
}
