internal import Model

/// What tells two lockfiles apart, for people: `+` added, `~` changed, `-` removed, and who asks for each.
enum DifferenceText {
  static func render(_ compared: ComparedLockfiles, style: Style) -> String {
    let title = "\(style.bold(compared.title)): \(compared.from) → \(compared.to)"
    let lines = self.lines(compared.difference, style: style)
    return ([title.oneLine] + lines + [summary(compared.difference)]).joined(separator: "\n")
  }

  /// One line for each thing that differs, indented.
  static func lines(_ difference: LockfileDifference, style: Style) -> [String] {
    let rows = difference.items.map { (item: $0, change: change(of: $0)) }
    let nameWidth = rows.map(\.item.name.text.count).max() ?? 0
    let changeWidth = rows.map(\.change.count).max() ?? 0
    var lines = rows.map { item, change in
      let why =
        item.modules.isEmpty
        ? "" : (item.action == .removed ? "was for " : "for ") + item.modules.joined(separator: ", ")
      let text =
        "  \(mark(item.action, style)) \(PlanText.padded(item.name.text, nameWidth))  "
        + (why.isEmpty ? change : "\(PlanText.padded(change, changeWidth))  \(style.dim(why))")
      return text
    }
    for item in difference.modules { lines.append("  \(mark(item.action, style)) \(item.label)  \(change(of: item))") }
    for setting in difference.settings {
      lines.append("  ~ \(setting.name)  \(value(setting.from)) → \(value(setting.to))")
    }
    return lines.map(\.oneLine)
  }

  /// A setting's value. What other tools keep in a lockfile may be long: all of it is in the JSON.
  static func value(_ text: String?) -> String {
    guard let text = text?.oneLine else { return "none" }
    return text.count > 200 ? text.prefix(199) + "…" : text
  }

  /// How many there are of each.
  static func summary(_ difference: LockfileDifference) -> String {
    guard !difference.isEmpty else {
      return difference.hasOtherInputs
        ? "Difference: what was asked for was written in another way; nothing that is locked changes."
        : "Difference: none."
    }
    var parts = [
      "\(difference.count(of: .added)) added", "\(difference.count(of: .changed)) changed",
      "\(difference.count(of: .removed)) removed",
    ]
    if !difference.modules.isEmpty { parts.append(PlanText.count(difference.modules.count, "module") + " changed") }
    if !difference.settings.isEmpty { parts.append(PlanText.count(difference.settings.count, "setting") + " changed") }
    return "Difference: " + parts.joined(separator: ", ") + "."
  }

  /// From what to what, as versions and commits, with what else is worth a word.
  static func change(of item: LockfileDifference.Item) -> String {
    let (from, to) = (item.from.map(state), item.to.map(state))
    guard let from, let to else { return from ?? to ?? "" }
    var notes: [String] = []
    if item.isDowngrade { notes.append("downgrade") }
    notes += item.aspects.compactMap { aspect in
      switch aspect {
      case .version, .commit: nil
      case .reference: "\(reference(item.from)) → \(reference(item.to))"
      case .source: "from \(place(item.to)), was \(place(item.from))"
      case .files: "other files"
      case .details: "other URLs, sizes or times of its files"
      case .dependencies: item.aspects == [.dependencies] ? "other dependencies" : nil
      }
    }
    let states = from == to ? from : "\(from) → \(to)"
    return notes.isEmpty ? states : "\(states), " + notes.joined(separator: ", ")
  }

  /// What a module asks for, or what answers for it.
  static func change(of item: LockfileDifference.ModuleItem) -> String {
    guard let from = item.from, let to = item.to else { return (item.from ?? item.to).map(text) ?? "" }
    return text(from) == text(to) ? "\(from.importPath) → \(to.importPath)" : "\(text(from)) → \(text(to))"
  }

  private static func text(_ module: LockedModule) -> String {
    switch module.answer {
    case .distribution: module.requirement ?? module.distribution?.text ?? module.importPath
    case .provided: "provided by the application"
    case .pythonPath: "from pythonPath"
    case .base: "from the base"
    case .interpreter: "from the standard library"
    case .excluded: (module.requirement ?? module.importPath) + " (excluded by its marker)"
    }
  }

  private static func state(_ locked: LockedDistribution) -> String {
    guard case .git(let pin) = locked.source else { return locked.version }
    return "\(locked.version) (\(pin.commit.prefix(12)))"
  }

  private static func reference(_ locked: LockedDistribution?) -> String {
    guard case .git(let pin)? = locked?.source else { return "none" }
    return pin.requestedRevision ?? "HEAD"
  }

  /// Where a distribution comes from.
  static func place(_ locked: LockedDistribution?) -> String {
    switch locked?.source {
    case .index(let url, _, _)?: url.isEmpty ? "an index" : url
    case .git(let pin)?: "git+\(pin.url)" + (pin.subdirectory.map { "#subdirectory=\($0)" } ?? "")
    case .archive(let pin)?: pin.url
    case .directory(let pin)?: pin.path
    case nil: "nowhere"
    }
  }

  private static func mark(_ action: LockfileDifference.Action, _ style: Style) -> String {
    switch action {
    case .added: style.green("+")
    case .changed: style.yellow("~")
    case .removed: style.red("-")
    }
  }
}

/// The same as Markdown, for a pull request.
enum DifferenceMarkdown {
  static func render(_ sections: [ComparedLockfiles]) -> String {
    sections.map(render).joined(separator: "\n\n")
  }

  private static func render(_ compared: ComparedLockfiles) -> String {
    let difference = compared.difference
    var lines = ["### \(code(compared.title)): \(code(compared.from)) → \(code(compared.to))", ""]
    lines.append(DifferenceText.summary(difference))
    if !difference.items.isEmpty {
      lines += ["", "| | distribution | change | for |", "|---|---|---|---|"]
      lines += difference.items.map { item in
        let change = cell(DifferenceText.change(of: item)) + (link(item).map { " ([compare](\($0)))" } ?? "")
        let modules = item.modules.map(code).joined(separator: ", ")
        return "| \(mark(item.action)) | \(code(item.name.text)) | \(change) | \(modules) |"
      }
    }
    if !difference.modules.isEmpty {
      lines += ["", "| | module | change |", "|---|---|---|"]
      lines += difference.modules.map {
        "| \(mark($0.action)) | \(code($0.label)) | \(cell(DifferenceText.change(of: $0))) |"
      }
    }
    if !difference.settings.isEmpty {
      lines += ["", "| setting | from | to |", "|---|---|---|"]
      lines += difference.settings.map {
        "| \(cell($0.name)) | \(cell(DifferenceText.value($0.from))) | \(cell(DifferenceText.value($0.to))) |"
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func mark(_ action: LockfileDifference.Action) -> String {
    switch action {
    case .added: "added"
    case .changed: "changed"
    case .removed: "removed"
    }
  }

  /// Where the two forges that have such a page show what lies between two commits.
  private static func link(_ item: LockfileDifference.Item) -> String? {
    guard case .git(let was)? = item.from?.source, case .git(let now)? = item.to?.source, was.commit != now.commit,
      was.repository == now.repository, now.repository.hasPrefix("https://")
    else { return nil }
    var page = now.repository
    if page.hasSuffix(".git") { page.removeLast(4) }
    let host = page.dropFirst("https://".count).prefix { $0 != "/" }
    // What is no URL would end the link.
    guard page.utf8.allSatisfy(Self.isPlain) else { return nil }
    switch host {
    case "github.com": return "\(page)/compare/\(was.commit)...\(now.commit)"
    case "gitlab.com": return "\(page)/-/compare/\(was.commit)...\(now.commit)"
    default: return nil
    }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    Character(Unicode.Scalar(byte)).isLetter && byte < 128 || (48...57).contains(byte)
      || Array("-._~:/%@".utf8).contains(byte)
  }

  /// GitHub Flavored Markdown 6.1: backticks inside need a longer fence, one at an end a space. A table's cell ends at any `|`,
  /// and everything at a line's end.
  private static func code(_ text: String) -> String {
    let line = text.oneLine
    let longest = line.split { $0 != "`" }.map(\.count).max() ?? 0
    let fence = String(repeating: "`", count: longest + 1)
    let space = line.hasPrefix("`") || line.hasSuffix("`") || line.isEmpty ? " " : ""
    return fence + space + line.replacing("|", with: "\\|") + space + fence
  }

  private static func cell(_ text: String) -> String {
    String(
      text.oneLine.unicodeScalars.flatMap { "\\`*_[]<>|&".unicodeScalars.contains($0) ? ["\\", $0] : [$0] }.map(
        Character.init))
  }
}
