internal import GitWire
internal import Model
internal import Platform

/// Has signatures checked by the programs that are made for it, as git has: `ssh-keygen` and `gpgv`.
struct SignatureCheck {
  /// The directories in which these programs are looked for; absolute.
  let searchPath: [String]
  /// Where keys and signatures are put for them, and removed again.
  let staging: String

  /// What came of a signature.
  enum Verdict: Equatable {
    /// One of the keys made it.
    case good
    /// None of them did, or it does not fit what was signed; in the program's own words.
    case bad(String)
    /// It is not there.
    case missing
    /// It is of a form that nobody here checks.
    case unknownForm
    /// There is no key of the form that it has.
    case noKey(GitSignature.Form)
  }

  /// Reads the keys of a rule. Throws `signatureInvalid` for one that is none, and `io`.
  static func keys(of rule: SignatureRule) throws(Failure) -> SigningKeys {
    var keys = SigningKeys()
    for key in rule.keys {
      let bytes: [UInt8]
      switch key.source {
      case .text(let text): bytes = Array(text.utf8)
      case .file(let path): bytes = try Files.read(path)
      }
      do throws(SigningKeys.Problem) {
        try keys.add(bytes)
      } catch {
        throw Failure(
          .signatureInvalid, "the key '\(key.name)' cannot be used to check signatures",
          at: .source(key.location, excerpt: nil), because: error.reason,
          hint: "write an OpenSSH or an armoured OpenPGP public key, or name a file with one or with allowed signers")
      }
    }
    return keys
  }

  /// Checks one signature. Throws `io`, also when the program that it needs is not there.
  func verdict(on signature: GitSignature, keys: SigningKeys) async throws -> Verdict {
    guard let text = signature.text else { return .missing }
    switch signature.form {
    case .ssh:
      guard !keys.allowedSigners.isEmpty else { return .noKey(.ssh) }
      return try await ssh(signature, text, keys)
    case .openpgp:
      guard !keys.keyring.isEmpty else { return .noKey(.openpgp) }
      return try await openPGP(signature, text, keys)
    case .x509, nil: return .unknownForm
    }
  }

  /// As git does it: who may have signed is asked first, for the time at which it was signed. Source: git's
  /// `verify_ssh_signed_buffer`.
  private func ssh(_ signature: GitSignature, _ text: String, _ keys: SigningKeys) async throws -> Verdict {
    let program = try program("ssh-keygen", package: "openssh-client")
    let area = try StagingArea.make(in: staging)
    defer { try? area.remove() }
    let (signers, file) = ("\(area.path)/allowed-signers", "\(area.path)/signature")
    try Files.write(keys.allowedSigners.joined(separator: "\n") + "\n", to: signers, mode: 0o600)
    try Files.write(text, to: file, mode: 0o600)
    let moment = signature.time.map { ["-O", "verify-time=\(UTCTime.text($0).filter(\.isNumber))"] } ?? []
    let found = try await run(program, ["-Y", "find-principals", "-f", signers, "-s", file] + moment)
    let principals = found.output.split(separator: "\n").map(String.init).filter { !$0.isEmpty }
    guard found.status == 0, !principals.isEmpty else { return .bad("none of the keys made it") }
    var words = ""
    for principal in principals {
      let checked = try await run(
        program,
        ["-Y", "verify", "-f", signers, "-I", principal, "-n", SigningKeys.namespace, "-s", file] + moment,
        input: signature.payload)
      if checked.status == 0 { return .good }
      words = checked.lastWords(lines: 2)
    }
    return .bad(words)
  }

  private func openPGP(_ signature: GitSignature, _ text: String, _ keys: SigningKeys) async throws -> Verdict {
    let program = try program("gpgv", package: "gpgv")
    let area = try StagingArea.make(in: staging)
    defer { try? area.remove() }
    let (keyring, file) = ("\(area.path)/keyring", "\(area.path)/signature")
    try Files.write(keys.keyring, to: keyring, mode: 0o600)
    try Files.write(text, to: file, mode: 0o600)
    let result = try await run(
      program, ["--homedir", area.path, "--keyring", keyring, "--status-fd", "1", file, "-"], input: signature.payload)
    return Self.openPGPVerdict(status: result.status, output: result.output, words: result.lastWords(lines: 3))
  }

  /// What gpgv says in its status lines. A good signature by a key that has expired or was revoked is not enough. Source: GnuPG's
  /// doc/DETAILS.
  static func openPGPVerdict(status: Int32, output: String, words: String) -> Verdict {
    let lines = output.split(separator: "\n").map { $0.split(separator: " ") }
    let said = Set(lines.filter { $0.first == "[GNUPG:]" && $0.count > 1 }.map { String($0[1]) })
    let reasons = [
      ("REVKEYSIG", "the key was revoked"), ("EXPKEYSIG", "the key has expired"),
      ("EXPSIG", "the signature has expired"),
      ("BADSIG", "it does not fit what was signed"), ("NO_PUBKEY", "none of the keys made it"),
    ]
    if let reason = reasons.first(where: { said.contains($0.0) }) { return .bad(reason.1) }
    return status == 0 && said.contains("GOODSIG") && said.contains("VALIDSIG") ? .good : .bad(words)
  }

  private func run(_ program: String, _ arguments: [String], input: [UInt8] = []) async throws -> ProcessResult {
    let result = try await ChildProcess.run(
      program, arguments, environment: ["LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"], input: input, deadline: 30
    )
    guard !result.timedOut else {
      throw Failure(.io, "checking a signature took more than 30 s", at: .path(program), retryable: true)
    }
    return result
  }

  private func program(_ name: String, package: String) throws(Failure) -> String {
    if let path = searchPath.map({ "\($0)/\(name)" }).first(where: Files.isExecutable) { return path }
    throw Failure(
      .io, "a signature cannot be checked: the program \(name) is not there",
      because: "it is in none of the directories of PATH", hint: "install it: on Debian it is in the package \(package)"
    )
  }
}
