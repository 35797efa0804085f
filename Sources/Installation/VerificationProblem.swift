internal import Glibc
internal import Model

/// What went wrong with one module, as the verifying interpreter reported it.
struct VerificationProblem: Decodable {
  /// The exception's type.
  var type: String?
  /// The last line of its text.
  var message: String?
  /// The module whose code raised it, and the line.
  var raiser: String?
  var line: Int?
  /// The module that was not found.
  var missing: String?
  /// Expected attributes that are not there.
  var absent: [String]?

  /// The complaint for people; nil when nothing is wrong.
  func complaint(about module: ModuleBlueprint, _ record: GenerationRecord) -> Diagnostic? {
    let path = module.installed.module
    if let absent {
      let names = absent.map { "'\($0)'" }.joined(separator: ", ")
      return Self.diagnostic(
        module, "the module \(path) has no \(names)", because: "its entry expects \(absent.count == 1 ? "it" : "them")",
        hint: "correct the entry's module or expects, or choose a version that has it")
    }
    guard let type else { return nil }
    if type == "SystemExit" {
      return Self.diagnostic(
        module, "the module \(path) ends the program when it is imported",
        because: "it calls sys.exit(\(message == "None" ? "" : message ?? ""))", hint: Self.locateHint)
    }
    if type == "ModuleNotFoundError", let missing {
      return missingComplaint(module, missing, record)
    }
    let place = raiser.map { raiser in " (raised in \(raiser)\(line.map { ", line \($0)" } ?? ""))" } ?? ""
    let words = message.map { $0.isEmpty ? type : "\(type): \($0)" } ?? type
    return Self.diagnostic(
      module, "the module \(path) cannot be imported", because: words + place,
      hint: "if it needs its services or settings to import, give them in spec.verification.env, or set the entry's "
        + "verification to locate")
  }

  private func missingComplaint(
    _ module: ModuleBlueprint, _ missing: String, _ record: GenerationRecord
  ) -> Diagnostic {
    let path = module.installed.module
    let source = module.installed.distribution.map { "\($0)" }
    if path == missing || path.hasPrefix(missing + ".") {
      let place = source.map { "\($0) is installed, but has no module \(missing)" } ?? "no module is named \(missing)"
      return Self.diagnostic(
        module, "the module \(path) is not there", because: place,
        hint: "correct the entry's module, or its pip_name")
    }
    let asker = raiser ?? path
    var hint = "declare the distribution that brings \(missing) as a module of its own"
    if let source { hint += ", or ask the authors of \(source) to list it among their requirements" }
    if record.base == nil && record.pythonPath.isEmpty {
      hint += "; if it is the application's own code, set spec.base and spec.pythonPath"
    }
    return Self.diagnostic(
      module, "the module \(path) cannot be imported: its dependency \(missing) is missing",
      because: "\(asker) imports \(missing), which is not installed", hint: hint)
  }

  /// The module ended the process.
  static func ended(_ module: ModuleBlueprint, status: Int32) -> Diagnostic {
    let cause: String
    if status > 128, let name = strsignal(status - 128) {
      cause = "signal \(status - 128) (\(String(cString: name))) ended the interpreter"
    } else {
      cause = "it ended the interpreter with status \(status)"
    }
    return diagnostic(
      module, "the module \(module.installed.module) ends the interpreter when it is imported", because: cause,
      hint: locateHint)
  }

  /// The module did not come to an end.
  static func overtime(_ module: ModuleBlueprint, _ deadline: Double, alone: Bool) -> Diagnostic {
    let seconds = HealthCheck.text(deadline)
    return diagnostic(
      module, "the module \(module.installed.module) was still being imported when the time was over",
      because: alone
        ? "its verification.deadline is \(seconds)"
        : "spec.verification.deadline is \(seconds) for all modules together",
      hint: "give a longer deadline, or set the entry's verification to locate")
  }

  private static let locateHint =
    "set the entry's verification to locate if it is only meant to run as a program"

  private static func diagnostic(
    _ module: ModuleBlueprint, _ message: String, because cause: String, hint: String
  ) -> Diagnostic {
    Diagnostic(
      .importFailed, message, at: module.location.map { .source($0, excerpt: nil) },
      because: "\(module.label): \(cause)", hint: hint)
  }
}
