/// What went wrong, as a person needs to hear it: what happened, where, why, and what to do about it.
///
/// A failure carries one or more diagnostics, since a manifest is checked whole before anything is said of it.
/// No part of a diagnostic may hold a secret; `SecretRegistry` is the second line of defence, not the first.
public struct Failure: Error, Sendable, Equatable {
  /// All complaints, in the order of the text they are about. Never empty.
  public var diagnostics: [Diagnostic]

  /// Wraps complaints that were collected.
  public init(_ diagnostics: [Diagnostic]) {
    self.diagnostics = diagnostics
  }

  /// A failure with one complaint.
  public init(
    _ code: Diagnostic.Code, _ message: String, at place: Place? = nil, because cause: String? = nil,
    hint: String? = nil, retryable: Bool = false
  ) {
    diagnostics = [
      Diagnostic(code, message, at: place, because: cause, hint: hint, retryable: retryable)
    ]
  }

  /// Whether trying again, with nothing changed by a person, can help.
  public var isRetryable: Bool { diagnostics.allSatisfy(\.isRetryable) }
}

/// One complaint: an error, or a warning that does not stop anything.
public struct Diagnostic: Sendable, Equatable, Codable {
  /// How bad it is.
  public enum Severity: String, Sendable, Codable { case error, warning, note }

  /// What kind of complaint it is. The raw values appear in JSON and do not change.
  public enum Code: String, Sendable, Codable {
    case usage, cancelled, io, locked, `internal`
    case manifestMissing, manifestSyntax, manifestInvalid, variableUnset, requirementInvalid
    case literalSecret, insecureTransport
    case gitUnreachable, gitRefused, gitReferenceAbsent, gitTagMoved, gitHistoryRewritten, gitFailed, signatureInvalid
    case indexUnreachable, indexRefused, packageAbsent, unsolvable, resolverAbsent, resolverFailed, buildFailed
    case downloadFailed, hashMismatch, wheelInvalid, wheelUnfit, collision
    case moduleUnresolved, impliedPackage, importFailed, requirementUnmet
    case healthFailed, hookFailed, quarantined
    case lockMissing, lockInvalid, lockStale, platformUnfit, baseUnfit, interpreterAbsent, interpreterFailed
    case stateInvalid, generationAbsent, pinned, drift, attachmentInvalid, bundleInvalid
    case policyDenied
    case auditFailed
  }

  /// How bad it is.
  public var severity: Severity
  /// What kind of complaint it is.
  public var code: Code
  /// What happened, in one sentence without a full stop.
  public var message: String
  /// Where.
  public var place: Place?
  /// Why, often another program's own words.
  public var cause: String?
  /// What to do.
  public var hint: String?
  /// Whether trying again can help.
  public var isRetryable: Bool
  /// The labels of the modules that it is about, where it is about some and not about others.
  public var modules: [String] = []

  /// Creates a complaint.
  public init(
    _ code: Code, severity: Severity = .error, _ message: String, at place: Place? = nil,
    because cause: String? = nil, hint: String? = nil, retryable: Bool = false
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.place = place
    self.cause = cause
    self.hint = hint
    self.isRetryable = retryable
  }
}

/// Where something is: in a manifest, on disk, or on the network.
public enum Place: Sendable, Equatable, Codable {
  /// A place in a text file, with the line itself where it is known; empty where it must not be shown.
  case source(SourceLocation, excerpt: String?)
  /// A file or directory.
  case path(String)
  /// A URL, without user info.
  case url(String)
}

/// A position in a text file. Lines and columns count from 1; columns count characters.
public struct SourceLocation: Sendable, Equatable, Hashable, Codable, CustomStringConvertible {
  /// The file, as the user named it.
  public var file: String
  /// The line, from 1.
  public var line: Int
  /// The column, from 1.
  public var column: Int

  /// Creates a position.
  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// `file:line:column`, as compilers print it and editors read it.
  public var description: String { "\(file):\(line):\(column)" }
}
