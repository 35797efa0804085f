internal import ArgumentParser
internal import Model
internal import Platform
internal import Reconciliation

/// `pinion audit`
struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", _superCommandName: "pinion",
    abstract: "Look up known vulnerabilities of what is locked: exit with 1 when there are any.",
    discussion: """
      Without a database, each package's own index is asked. What spec.audit.ignore lists, with a reason and an end, does \
      not count until then. What cannot be judged counts: an advisory whose versions cannot be read, and a file of the \
      database that is no advisory.
      """)

  @OptionGroup var common: CommonOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Advisories in OSV's format: a directory of JSON files, or a ZIP archive of them.",
      discussion: "Default: spec.audit.database, else what the indexes know.", valueName: "path"))
  var database: String?

  func run() async throws {
    try await perform(common) { wiring in
      let environments = try wiring.desiredEnvironments()
      let path = database?.absolutePath(from: wiring.workingDirectory)
      let network = NetworkSettings(isOffline: NetworkSettings.isOffline(wiring.variables))
      let (results, failure) = try await wiring.withServices(network) { services in
        await wiring.forEach(environments) { environment in
          let lockfile = try wiring.lockfile(environment.lockfile, of: environment.name)
          let auditor = Auditor(services: services, environment: environment)
          let result = try await auditor.audit(lockfile, database: path)
          wiring.console.complain(Self.complaints(result.audit) + Self.unread(result.advisories.unreadable))
          if common.format == .text {
            wiring.console.result(AuditText.render(result, of: environment.name, style: wiring.console.style))
          }
          return AuditJSON.Environment(result, of: environment)
        }
      }
      try wiring.show(AuditJSON(environments: results), lines: [])
      if let failure { throw failure }
      if results.contains(where: { !$0.isClean }) { throw ExitCode(1) }
    }
  }

  /// Nobody reads more names of files.
  private static let most = 10

  /// What of the database is broken: nothing of it was looked up.
  private static func unread(_ files: [String]) -> [Diagnostic] {
    var complaints = files.prefix(most).map {
      Diagnostic(
        .auditFailed, severity: .warning, "an advisory cannot be read, and was not looked up", at: .path($0),
        because: "it is no whole JSON document in OSV's format", hint: "fetch the database again, or take the file out")
    }
    if files.count > most {
      complaints.append(
        Diagnostic(
          .auditFailed, severity: .warning, "\(files.count - most) more of the database's files cannot be read",
          hint: "fetch the database again"))
    }
    return complaints
  }

  /// What is wrong with the list of exceptions.
  private static func complaints(_ audit: Audit) -> [Diagnostic] {
    audit.expired.map {
      Diagnostic(
        .auditFailed, severity: .warning, "\($0.id) is no longer ignored: its time ended at \(UTCTime.text($0.until))",
        at: .source($0.location, excerpt: nil), because: "it was ignored since: \($0.reason)",
        hint: "install a version that fixes it, or judge anew and write a later date")
    }
      + audit.idle.map {
        Diagnostic(
          .auditFailed, severity: .warning, "\($0.id) is ignored, and concerns nothing that is locked",
          at: .source($0.location, excerpt: nil), hint: "take the entry out")
      }
  }
}

/// What `audit` found, for people.
enum AuditText {
  static func render(_ result: Auditor.Result, of environment: String, style: Style) -> String {
    var lines = ["Environment \(style.bold(environment)):"]
    for finding in result.audit.findings {
      let ids = finding.ids.joined(separator: ", ")
      let severity = finding.severity.map { " (\($0))" } ?? ""
      let mark = finding.exception == nil ? style.red("!") : style.dim("i")
      lines.append("  \(mark) \(style.bold(finding.name.text)) \(finding.version): \(ids)\(severity)")
      if !finding.summary.isEmpty { lines.append("      \(finding.summary)") }
      if let exception = finding.exception {
        lines.append("      ignored until \(UTCTime.text(exception.until)): \(exception.reason)")
      }
      if !finding.unread.isEmpty {
        lines.append("      it cannot be judged: \(finding.unread.joined(separator: ", "))")
        continue
      }
      let fixes = finding.fixes.map(\.description).joined(separator: ", ")
      let modules = finding.modules.isEmpty ? "" : "; for \(finding.modules.joined(separator: ", "))"
      lines.append(
        "      \(style.dim((fixes.isEmpty ? "no version is known to fix it" : "fixed in \(fixes)") + modules))")
    }
    if !result.advisories.unknown.isEmpty {
      lines.append(
        "  Not looked up, since no index knows them: "
          + Set(result.advisories.unknown).sorted().map(\.text).joined(separator: ", "))
    }
    lines.append(summary(result))
    return lines.map(\.oneLine).joined(separator: "\n")
  }

  private static func summary(_ result: Auditor.Result) -> String {
    let open = result.audit.open.filter(\.unread.isEmpty)
    let unjudged = result.audit.open.count - open.count
    let ignored = result.audit.findings.count - result.audit.open.count
    let looked = result.audit.count - Set(result.advisories.unknown).count
    let packages = Set(open.map(\.name)).count
    let found =
      open.isEmpty
      ? "no known vulnerabilities"
      : "\(open.count) known \(open.count == 1 ? "vulnerability" : "vulnerabilities") in \(PlanText.count(packages, "distribution"))"
    let doubts =
      (unjudged == 0 ? "" : ", \(unjudged) not to be judged")
      + (result.advisories.unreadable.isEmpty ? "" : ", \(result.advisories.unreadable.count) not to be read")
    let source =
      result.advisories.entries.map { count in
        "\(count) advisories" + (result.advisories.newest.map { ", the newest of \($0.prefix(10))" } ?? "")
      } ?? "what the indexes know"
    return
      "Audit: \(found)\(doubts), \(ignored) ignored; \(looked) of \(PlanText.count(result.audit.count, "distribution")) looked up in \(source)."
  }
}

/// What `audit` found, as JSON: see docs/json.md. Every key is always there.
struct AuditJSON: Encodable {
  struct Environment: Encodable {
    var name: String
    var lockfile: String
    var database: String?
    var newest: String?
    var findings: [FindingEntry]
    var unknown: [String]
    var unreadable: [String]

    enum Key: String, CodingKey { case name, lockfile, database, newest, findings, unknown, unreadable }

    init(_ result: Auditor.Result, of environment: DesiredEnvironment) {
      name = environment.name
      lockfile = environment.lockfile
      database = result.database
      newest = result.advisories.newest
      findings = result.audit.findings.map(FindingEntry.init(finding:))
      unknown = Set(result.advisories.unknown).sorted().map(\.text)
      unreadable = result.advisories.unreadable
    }

    /// Whether nothing was found that counts, and everything was looked through.
    var isClean: Bool { unreadable.isEmpty && findings.allSatisfy { $0.finding.exception != nil } }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(name, forKey: .name)
      try container.encode(lockfile, forKey: .lockfile)
      try container.encode(database, forKey: .database)
      try container.encode(newest, forKey: .newest)
      try container.encode(findings, forKey: .findings)
      try container.encode(unknown, forKey: .unknown)
      try container.encode(unreadable, forKey: .unreadable)
    }
  }

  struct FindingEntry: Encodable {
    var finding: Audit.Finding

    enum Key: String, CodingKey {
      case distribution, version, ids, summary, severity, fixedIn, modules, unjudged, ignoredUntil, ignoredBecause
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(finding.name, forKey: .distribution)
      try container.encode(finding.version, forKey: .version)
      try container.encode(finding.ids, forKey: .ids)
      try container.encode(finding.summary, forKey: .summary)
      try container.encode(finding.severity, forKey: .severity)
      try container.encode(finding.fixes.map(\.description), forKey: .fixedIn)
      try container.encode(finding.modules, forKey: .modules)
      try container.encode(finding.unread, forKey: .unjudged)
      try container.encode(finding.exception.map { UTCTime.text($0.until) }, forKey: .ignoredUntil)
      try container.encode(finding.exception?.reason, forKey: .ignoredBecause)
    }
  }

  var formatVersion = 1
  var environments: [Environment]
}
