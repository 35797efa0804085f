import Testing

/// Every complaint that the program can make is on record in a snapshot, as its users see it.
@Suite struct ComplaintTests {
  /// All that the program can say; what `pinion-git` says is the reason in complaints of `Git`.
  private static let complaints = Repository.files(in: "Sources").filter(\.isSwift).flatMap(Complaints.all)

  /// What no test can provoke, with the reason. A text that is not in the sources, or is on record, must not stand here.
  static let exceptions: [(text: String, reason: String)] = [
    ("there is no memory to read this", "libyaml says so when malloc fails"),
    ("could not unpack the wheel", "libdeflate says so when malloc fails"),
    (
      "could not take the lock", "flock(2) fails in no other way than by being held, save on file systems without locks"
    ),
    ("could not sync the directory", "takes a disk that fails"),
    ("could not write out the path's file system", "takes a disk that fails"),
    ("could not listen on loopback", "takes a machine without 127.0.0.1"),
    ("the installed uv does not run here", "the wheel is pinned by its hash, and its tags fit the machine"),
    ("the commit … is not in the mirror", "libgit2 says it first, in its own words"),
    ("credentials are for … alone", "a reason for libgit2 alone: people are told where the server sends on to"),
    (
      "the server takes no user name and password",
      "takes a libgit2 that was built with other ways to log in, and a server that offers only those"
    ),
    ("could not listen for a confined program", "takes a system that makes a socket and does not let it be read"),
    ("the resolver did not end within 30 minutes", "takes 30 minutes"),
    ("checking a signature took more than 30 s", "takes an ssh-keygen or a gpgv that hangs"),
    ("the server shows no key", "libssh2 ends the handshake before"),
    ("libssh2 could not be started", "libssh2 says so when malloc fails"),
    ("out of memory", "libssh2 says so when malloc fails"),
    ("the server takes no keys from …, but … alone", "takes an sshd whose accounts have passwords"),
    ("the certificate does not name this host", "takes a libgit2 with OpenSSL: make test-libgit2"),
    ("the connection is not open", "libgit2 reads from a stream that it opened"),
    ("the connection is lost", "takes an sshd that is killed between two packets"),
    ("repositories are only read", "libgit2 writes to a stream when it pushes, which nobody asks of it"),
    ("could not start a thread for git's helper", "takes a process that may have no more threads"),
    ("… was not brought into the store", "a mistake of Pinion's own: what is missing is brought, or it fails"),
    ("… has no file in the lockfile", "a mistake of Pinion's own: the lockfile's reader refuses such an entry"),
    ("the generation's interpreter ended in the middle of the verification", "takes a kill between two modules"),
    ("the process … cannot be sent SIG…: …", "takes a process of another user, and tests that are not root's"),
    ("something unexpected went wrong", "a mistake of Pinion's own: every other error has words of its own"),
  ]

  @Test func `every complaint is on record`() {
    let records = ComplaintRecords(Repository.files.filter(Self.isSnapshot))
    #expect(Self.complaints.count > 500)
    for complaint in Self.complaints where !Self.isExcepted(complaint) {
      if !records.show(complaint) { Issue.record("no snapshot shows \(complaint)") }
    }
  }

  @Test func `exceptions are needed`() {
    let records = ComplaintRecords(Repository.files.filter(Self.isSnapshot))
    for (text, _) in Self.exceptions {
      let excepted = Self.complaints.filter { $0.text == text }
      #expect(!excepted.isEmpty, "no source says '\(text)'")
      #expect(excepted.allSatisfy { !records.show($0) }, "'\(text)' is on record")
    }
  }

  @Test func `whatever takes a hint is known to complain`() {
    for violation in Repository.files(in: "Sources").filter(\.isSwift).flatMap(Complaints.unknownMakers) {
      Issue.record("\(violation)")
    }
  }

  private static func isExcepted(_ complaint: Complaint) -> Bool {
    exceptions.contains { $0.text == complaint.text }
  }

  private static func isSnapshot(_ file: SourceFile) -> Bool {
    file.path.hasPrefix("Tests/") && file.path.contains("/Snapshots/")
  }

  // MARK: the rule itself

  @Test(arguments: [
    ("throw Failure(.io, \"it broke\", hint: \"mend it\")", ["it broke"]),
    ("error(\"`\\(name)` has no key '\\(key)'\", at: mark)", ["`…` has no key '…'"]),
    ("Failure(.io, isOld ? \"it is old\" : \"it is new\")", ["it is old", "it is new"]),
    ("Problem(message: \"a \\(list.joined(separator: \", \")) b\", offset: 1)", ["a … b"]),
    ("let message = \"what is wrong\"\nthrow Failure(.io, message)", ["what is wrong"]),
    ("func complaint() -> String? { return \"a bad tree\" }", ["a bad tree"]),
    ("let wanted: String\nwanted = isOld ? \"it is old\" : \"it is new\"\nreturn", ["it is old", "it is new"]),
    ("case .git: reason = \"it is built\"\ncase .a: reason = \"it is not\"", ["it is built", "it is not"]),
    ("return (\"\\(name) moves on\", \"name a tag\")", ["… moves on"]),
    ("// Failure(.io, \"not this one\")\nprint(\"nor this one\")", []),
    ("text.replacing(/\"[^/]*/, with: \"a b\"); warn(.io, \"this one\")", ["this one"]),
    ("Failure(.io, #\"a \"raw\" \\#(text) one\"#)", ["a \"raw\" … one"]),
    ("Failure(.io, \"both: \" + names.joined(separator: \" and \") + \" are here\")", ["both: ", " are here"]),
  ])
  func `texts in the sources`(source: String, expected: [String]) {
    let found = Complaints.all(in: SourceFile(path: "Sources/Model/A.swift", text: source))
    #expect(found.map(\.text) == expected.filter { $0.split(separator: " ").count > 1 })
  }

  @Test func `records`() {
    let snapshot = SourceFile(path: "Tests/A/Snapshots/a.txt", text: "error: `spec` has no key 'x'\nerror: it broke\n")
    let records = ComplaintRecords([snapshot])
    func show(_ pieces: String...) -> Bool { records.show(Complaint(path: "a", line: 1, pieces: pieces)) }
    #expect(show("it broke") && show("`", "` has no key '", "'"))
    #expect(!show("it breaks") && !show("has no key", "it broke") && !show("'", "no key") && !show(""))
  }

  @Test func `a maker that is not known`() {
    let file = SourceFile(path: "Sources/Model/A.swift", text: "moan(\"it broke\", hint: \"mend it\")")
    #expect(Complaints.unknownMakers(in: file).map(\.line) == [1])
  }
}
