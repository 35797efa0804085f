internal import Model

/// A plan as people know plans: `+` install, `~` replace, `-` remove, a count line, and who asks for each.
enum PlanText {
  static func render(_ plan: Plan, pin: Int? = nil, style: Style) -> String {
    var lines: [String] = []
    let name = style.bold(plan.environment)
    if let pin {
      lines.append(
        "Environment \(name) is pinned to generation \(pin) by a rollback: apply changes nothing until pinion resume.")
    }
    let heldBack = plan.heldBack.map { "  " + style.yellow("! \($0.label) cannot be resolved: \($0.outcome)") }
    guard !plan.isEmpty else {
      let generation = plan.current.map { "generation \($0), " } ?? ""
      let others = heldBack.isEmpty ? "" : " but for what is held back"
      lines.append("Environment \(name) is up to date\(others): \(generation)\(count(plan.kept, "distribution")).")
      return (lines + heldBack).joined(separator: "\n")
    }
    lines.append("Environment \(name)" + (plan.current.map { ", from generation \($0)" } ?? ", new") + ":")
    for reason in plan.reasons where reason != .first { lines.append("  ! \(reason.explanation)") }
    lines += heldBack
    let rows = plan.changes.map(row)
    let nameWidth = rows.map(\.name.count).max() ?? 0
    let versionWidth = rows.map(\.version.count).max() ?? 0
    for row in rows {
      let mark =
        switch row.action {
        case .install: style.green("+")
        case .replace: style.yellow("~")
        case .remove: style.red("-")
        }
      let text = "  \(mark) \(padded(row.name, nameWidth))  \(padded(row.version, versionWidth))  " + style.dim(row.why)
      lines.append(text.trimmedAtEnd.oneLine)
    }
    for file in plan.pathFiles { lines.append("  . " + style.dim(file.explanation)) }
    for followUp in plan.followUps { lines.append("  . " + style.dim(followUp)) }
    if let held = plan.quarantined {
      lines.append(
        "  "
          + style.yellow(
            "! generation \(held.generation) failed its health check with this, and apply changes nothing until pinion resume: \(held.reason)"
          ))
    }
    lines.append(
      "Plan: \(plan.count(of: .install)) to install, \(plan.count(of: .replace)) to replace, "
        + "\(plan.count(of: .remove)) to remove, \(plan.kept) unchanged.")
    return lines.joined(separator: "\n")
  }

  private struct Row {
    var action: Change.Action
    var name: String
    var version: String
    var why: String
  }

  private static func row(_ change: Change) -> Row {
    let version = [change.from, change.to].compactMap { $0.map(state) }.joined(separator: " → ")
    let modules = change.modules.joined(separator: ", ")
    let why =
      change.modules.isEmpty ? "" : change.action == .remove ? "was for \(modules)" : "for \(modules)"
    return Row(action: change.action, name: change.distribution.text, version: version, why: why)
  }

  private static func state(_ state: DistributionState) -> String {
    state.version + (state.commit.map { " (\($0.prefix(12)))" } ?? "")
  }

  static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 0))
  }

  static func count(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
    "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
  }
}

extension String {
  /// Without white space at its end.
  var trimmedAtEnd: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
