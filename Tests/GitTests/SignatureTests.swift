import GitWire
import Model
import Platform
import TestSupport
import Testing

@testable import Git

/// Signatures of commits and tags, made by git with ssh-keygen and gpg, and held against rules.
@Suite struct SignatureTests {
  /// Keys, and a repository whose commits and tags are signed with them, or not.
  private struct Bench {
    let fixture: GitFixture
    var directory: String { "\(fixture.directory)/keys" }

    /// Runs a program where the keys are.
    @discardableResult
    func run(_ program: String, _ arguments: [String], input: String = "") async throws -> String {
      let result = try await ChildProcess.run(
        "/usr/bin/env", [program] + arguments,
        environment: [
          "PATH": "/usr/local/bin:/usr/bin:/bin", "GNUPGHOME": "\(directory)/gnupg", "HOME": directory,
          "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "T",
          "GIT_AUTHOR_EMAIL": "t@example.com", "GIT_COMMITTER_NAME": "T", "GIT_COMMITTER_EMAIL": "t@example.com",
          "GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000",
        ], input: input, deadline: 60)
      try #require(result.status == 0, "\(program) \(arguments) said: \(result.lastWords())")
      return result.output.split(separator: "\n").joined(separator: "\n")
    }

    /// The public half of a new ssh key.
    func sshKey(_ name: String, kind: String = "ed25519") async throws -> String {
      try await run("ssh-keygen", ["-q", "-t", kind, "-N", "", "-C", "", "-f", "\(directory)/\(name)"])
      return String(decoding: try Files.read("\(directory)/\(name).pub"), as: UTF8.self)
    }

    /// The public half of a new OpenPGP key, armoured, and its name. Its agent is ended by `endAgent`.
    func pgpKey(_ name: String, expiring: String = "never") async throws -> String {
      try Files.makeDirectory("\(directory)/gnupg", mode: 0o700)
      try await run(
        "gpg",
        [
          "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "", "--faked-system-time", "1690000000",
          "--quick-generate-key", "\(name) <\(name)@example.com>", "ed25519", "sign", expiring,
        ])
      return try await run("gpg", ["--batch", "--armor", "--export", "\(name)@example.com"])
    }

    func endAgent() async throws {
      guard Files.isDirectory("\(directory)/gnupg") else { return }
      try await run("gpgconf", ["--kill", "gpg-agent"])
    }

    /// A commit on top of `main`, signed where a form and a key are given; `main` moves there.
    func commit(_ form: String? = nil, key: String = "") async throws -> String {
      let tree = try await git("rev-parse", "main^{tree}")
      let parent = try await git("rev-parse", "main")
      let signing = form == nil ? [] : ["-S"]
      let commit = try await git(
        settings(form, key) + ["commit-tree", tree, "-p", parent, "-m", "Signed: \(form ?? "no")"] + signing)
      _ = try await git("update-ref", "refs/heads/main", commit)
      return commit
    }

    func tag(_ name: String, at commit: String, _ form: String? = nil, key: String = "") async throws {
      _ = try await git(settings(form, key) + ["tag", "-f", form == nil ? "-a" : "-s", "-m", "Release", name, commit])
    }

    private func settings(_ form: String?, _ key: String) -> [String] {
      guard let form else { return [] }
      let name = form == "ssh" ? "\(directory)/\(key)" : "\(key)@example.com"
      return ["-c", "gpg.format=\(form)", "-c", "user.signingKey=\(name)"]
    }

    func git(_ arguments: String...) async throws -> String { try await git(arguments) }

    @discardableResult
    func git(_ arguments: [String]) async throws -> String {
      try await run("git", ["--git-dir", fixture.repository.path] + arguments)
    }
  }

  private func with(_ test: (Bench) async throws -> Void) async throws {
    try await GitFixture.with { fixture in
      let bench = Bench(fixture: fixture)
      try Files.makeDirectory(bench.directory)
      do { try await test(bench) } catch {
        try await bench.endAgent()
        throw error
      }
      try await bench.endAgent()
    }
  }

  private static let place = SourceLocation(file: "pinion.yaml", line: 6, column: 15)

  private func rule(_ mode: SignatureRule.Mode, _ keys: VerificationKey.Source...) -> SignatureRule {
    SignatureRule(
      mode: mode,
      keys: keys.enumerated().map {
        VerificationKey(name: "key-\($0.offset + 1)", source: $0.element, location: Self.place)
      },
      location: Self.place)
  }

  private func check(
    _ bench: Bench, _ commit: String, _ rule: SignatureRule, reference: String? = nil
  ) async throws {
    try await bench.fixture.withClient(["PATH": "/usr/local/bin:/usr/bin:/bin"]) { client in
      try await client.checkSignature(of: commit, in: bench.fixture.local(reference), against: rule)
    }
  }

  // MARK: Commits

  @Test(arguments: ["ed25519", "ecdsa", "rsa"])
  func aCommitSignedWithSSHIsGood(_ kind: String) async throws {
    try await with { bench in
      let key = try await bench.sshKey("release", kind: kind)
      let commit = try await bench.commit("ssh", key: "release")
      try await check(bench, commit, rule(.commit, .text(key)))
      // A file of allowed signers says who signs for what.
      let file = "\(bench.directory)/allowed"
      try Files.write("# who may\nrelease@example.com namespaces=\"git\" \(key)", to: file)
      try await check(bench, commit, rule(.commit, .file(file)))
      try Files.write("release@example.com namespaces=\"file\" \(key)", to: file)
      await #expect(throws: Failure.self) { try await check(bench, commit, rule(.commit, .file(file))) }
      // The time at which it was signed counts, not that of the check.
      try Files.write("release@example.com valid-before=\"20200101\" \(key)", to: file)
      await #expect(throws: Failure.self) { try await check(bench, commit, rule(.commit, .file(file))) }
      try Files.write("release@example.com valid-before=\"20240101\" \(key)", to: file)
      try await check(bench, commit, rule(.commit, .file(file)))
    }
  }

  @Test func aCommitSignedWithOpenPGPIsGood() async throws {
    try await with { bench in
      let key = try await bench.pgpKey("release")
      let commit = try await bench.commit("openpgp", key: "release")
      try await check(bench, commit, rule(.commit, .text(key)))
      // Not armoured, and beside others.
      let file = "\(bench.directory)/keys.gpg"
      try await bench.run("gpg", ["--batch", "--export", "--output", file])
      let ssh = try await bench.sshKey("other")
      try await check(bench, commit, rule(.commit, .text(ssh), .file(file)))
    }
  }

  @Test func whatIsGoodIsRememberedForThatRuleAlone() async throws {
    try await with { bench in
      let key = try await bench.sshKey("release")
      let other = try await bench.sshKey("other")
      let commit = try await bench.commit("ssh", key: "release")
      try await check(bench, commit, rule(.commit, .text(key)))
      // The repository is not asked again.
      try Files.rename(bench.fixture.repository.path, to: bench.fixture.repository.path + ".away")
      try await check(bench, commit, rule(.commit, .text(key)))
      await #expect(throws: Failure.self) { try await check(bench, commit, rule(.commit, .text(other))) }
    }
  }

  @Test func nothingHasToBeSignedByDefault() async throws {
    try await with { bench in
      try await check(bench, try await bench.fixture.repository.id(of: "main"), SignatureRule())
    }
  }

  // MARK: Tags

  @Test func aSignedTagVouchesForItsCommit() async throws {
    try await with { bench in
      let key = try await bench.sshKey("release")
      let commit = try await bench.commit()
      try await bench.tag("v1", at: commit, "ssh", key: "release")
      try await bench.tag("v2", at: commit)
      let rule = rule(.tag, .text(key))
      try await check(bench, commit, rule, reference: "v1")
      try await check(bench, commit, rule, reference: "refs/tags/v1")
      try await check(bench, commit, rule, reference: "main")
      // The tag that was asked for has to be signed itself.
      await #expect(throws: Failure.self) { try await check(bench, commit, rule, reference: "v2") }
    }
  }

  @Test func aTagUnderAnotherNameVouchesForNothing() async throws {
    try await with { bench in
      let key = try await bench.sshKey("release")
      let old = try await bench.commit()
      try await bench.tag("v1", at: old, "ssh", key: "release")
      let object = try await bench.git("rev-parse", "refs/tags/v1")
      _ = try await bench.git("update-ref", "refs/tags/v2", object)
      await #expect(throws: Failure.self) { try await check(bench, old, rule(.tag, .text(key)), reference: "v2") }
    }
  }

  @Test func aTagThatCameLaterIsFound() async throws {
    try await with { bench in
      let key = try await bench.sshKey("release")
      let commit = try await bench.commit()
      let rule = rule(.tag, .text(key))
      await #expect(throws: Failure.self) { try await check(bench, commit, rule) }
      try await bench.tag("v1", at: commit, "ssh", key: "release")
      try await check(bench, commit, rule)
    }
  }

  // MARK: Complaints

  @Test func complaintsAreOnRecord() async throws {
    try await with { bench in
      let key = try await bench.sshKey("release")
      let other = try await bench.sshKey("other")
      let pgp = try await bench.pgpKey("release")
      let unsigned = try await bench.commit()
      let signed = try await bench.commit("ssh", key: "release")
      let pgpSigned = try await bench.commit("openpgp", key: "release")
      try await bench.tag("v1", at: unsigned)
      try await bench.tag("v2", at: signed, "ssh", key: "other")
      for number in 1...4 { try await bench.tag("many-\(number)", at: pgpSigned) }
      // What was signed, with another message below the same signature.
      let text = try await bench.git("cat-file", "commit", signed)
      let forged = try await bench.run(
        "git", ["--git-dir", bench.fixture.repository.path, "hash-object", "-t", "commit", "-w", "--stdin"],
        input: text.replacing("Signed: ssh", with: "\nForged") + "\n")
      _ = try await bench.git("update-ref", "refs/heads/forged", forged)
      try Files.write("not a key\n", to: "\(bench.directory)/none")
      try Files.write("# nothing\n", to: "\(bench.directory)/empty")
      try Files.write("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME\n", to: "\(bench.directory)/cut")
      try Files.write(
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n*\n-----END PGP PUBLIC KEY BLOCK-----\n",
        to: "\(bench.directory)/damaged")
      var record = ComplaintRecord()
      for (title, commit, rule, reference) in [
        ("a commit without a signature", unsigned, rule(.commit, .text(key)), String?.none),
        ("a commit signed by another key", signed, rule(.commit, .text(other)), nil),
        ("a commit with another's signature", forged, rule(.commit, .text(key)), nil),
        ("an ssh signature, and no such key", signed, rule(.commit, .text(pgp)), nil),
        ("an OpenPGP signature, and no such key", pgpSigned, rule(.commit, .text(key)), nil),
        ("no tag at all", forged, rule(.tag, .text(key)), nil),
        ("a tag without a signature", unsigned, rule(.tag, .text(key)), "v1"),
        ("a tag signed by another key", signed, rule(.tag, .text(key)), "v2"),
        ("many tags without a signature", pgpSigned, rule(.tag, .text(key)), nil),
        ("a key that is none", signed, rule(.commit, .file("\(bench.directory)/none")), nil),
        ("a key's file with nothing in it", signed, rule(.commit, .file("\(bench.directory)/empty")), nil),
        ("a private key", signed, rule(.commit, .file("\(bench.directory)/release")), nil),
        ("an OpenPGP key that is cut off", signed, rule(.commit, .file("\(bench.directory)/cut")), nil),
        ("an OpenPGP key that is damaged", signed, rule(.commit, .file("\(bench.directory)/damaged")), nil),
        ("a key's file that is not there", signed, rule(.commit, .file("\(bench.directory)/absent")), nil),
      ] {
        try await record.add(title) { try await check(bench, commit, rule, reference: reference) }
      }
      try await bench.fixture.withClient(["PATH": bench.directory]) { client in
        for (title, commit, key) in [("no ssh-keygen", signed, key), ("no gpgv", pgpSigned, pgp)] {
          try await record.add(title) {
            try await client.checkSignature(of: commit, in: bench.fixture.local(), against: rule(.commit, .text(key)))
          }
        }
      }
      let ids = [(unsigned, "UNSIGNED"), (signed, "SIGNED"), (pgpSigned, "PGP"), (forged, "FORGED")]
      let replacements = ids.map { (String($0.0.prefix(12)), $0.1) } + [(bench.fixture.directory, "DIR")]
      #expect(try record.isOnRecord(as: "signatures", beside: #filePath, replacing: replacements))
    }
  }

  /// gpgv's own status lines: what a good signature is, and what is not enough.
  @Test(arguments: [
    ("GOODSIG A\n[GNUPG:] VALIDSIG B", Int32(0), true), ("GOODSIG A", 0, false), ("VALIDSIG B", 0, false),
    ("GOODSIG A\n[GNUPG:] VALIDSIG B", 1, false), ("EXPKEYSIG A\n[GNUPG:] VALIDSIG B", 0, false),
    ("REVKEYSIG A\n[GNUPG:] VALIDSIG B", 0, false), ("EXPSIG A\n[GNUPG:] VALIDSIG B", 0, false),
    ("GOODSIG A\n[GNUPG:] BADSIG B", 0, false), ("ERRSIG A\n[GNUPG:] NO_PUBKEY B", 2, false), ("", 0, false),
  ])
  func onlyAWhollyGoodSignatureCounts(_ said: String, _ status: Int32, _ isGood: Bool) {
    let verdict = SignatureCheck.openPGPVerdict(status: status, output: "[GNUPG:] \(said)\n", words: "no")
    #expect((verdict == .good) == isGood)
  }

  @Test func tagObjectsAreTakenApartAsGitDoes() {
    let head = "object 1\ntype commit\ntag v1\ntagger T <t@e> 1700000000 +0000\n\nRelease\n"
    let signature = "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"
    let quoted = "-----BEGIN PGP SIGNATURE-----\n"
    for (text, payload, rest) in [
      (head + signature, head, signature), (head, head, String?.none),
      // The last beginning counts: what stands before it was signed along.
      (head + quoted + signature, head + quoted, signature),
      (head + " " + signature, head + " " + signature, nil),
    ] {
      let parts = GitSignature.split(tag: Array(text.utf8))
      #expect(String(decoding: parts.payload, as: UTF8.self) == payload && parts.text == rest)
    }
    #expect(GitSignature(text: nil, payload: Array(head.utf8)).time == 1_700_000_000)
  }
}
