import GitWire
import Model
import Platform
import TestSupport
import Testing

@testable import Git

/// Every complaint about repositories and git servers, on record in `Snapshots`.
@Suite struct GitComplaintRecordTests {
  private static let token = "tok-91d3f7aa04"

  @Test func servers() async throws {
    try await GitFixture.with { fixture in
      var record = ComplaintRecord()
      for (title, mode) in [
        ("refuses", GitServer.Mode.refuse), ("hangs up", .close), ("fails", .fail), ("is a web site", .web),
        ("says nothing", .silent), ("sends on and on", .redirect("")),
      ] {
        let server = try GitServer.start(root: fixture.root, mode: mode)
        defer { server.stop() }
        try await fixture.withClient(timeout: title == "says nothing" ? 1 : 30) { client in
          try await record.add(
            "a server that \(title)",
            waitingFor: {
              _ = try await client.commits(for: [fixture.remote(server)])
            })
        }
      }
      let server = try GitServer.start(root: fixture.root, token: Self.token)
      defer { server.stop() }
      let other = try GitServer.start(root: fixture.root, token: Self.token)
      defer { other.stop() }
      let redirecting = try GitServer.start(root: fixture.root, token: Self.token, mode: .redirect(other.url()))
      defer { redirecting.stop() }
      let gone = try GitServer.start(root: fixture.root)
      gone.stop()
      try await fixture.withClient(["TOKEN": Self.token, "WRONG": "wrong-token-1"]) { client in
        for (title, source) in [
          ("no credentials", fixture.remote(server)),
          ("a wrong token", fixture.remote(server, token: .variable("WRONG"))),
          ("a variable that is not set", fixture.remote(server, token: .variable("GITHUB_TOKEN"))),
          ("a server that sends on", fixture.remote(redirecting, token: .variable("TOKEN"))),
          ("no repository", fixture.remote(server, repository: "absent.git", token: .variable("TOKEN"))),
          ("no server", fixture.remote(gone)), ("no directory", fixture.local(repository: "absent.git")),
          (
            "another scheme",
            GitSource(url: RemoteURL(scheme: "ftp", host: "git.example.com", path: "/organisation/link.git"))
          ),
        ] {
          try await record.add(title, waitingFor: { _ = try await client.commits(for: [source]) })
        }
      }
      #expect(!record.text.contains(Self.token) && !record.text.contains("wrong-token-1"))
      #expect(try record.isOnRecord(as: "servers", beside: #filePath, replacing: [(fixture.directory, "DIR")]))
    }
  }

  @Test func references() async throws {
    try await GitFixture.with { fixture in
      let repository = fixture.repository
      let first = try await repository.id(of: "main")
      for tag in ["v1.2.0", "v2.0", "both"] { try await repository.tag(tag, at: first) }
      try await repository.branch("both", at: first)
      _ = try await GitRepository.create("\(fixture.root)/empty.git")
      let headless = try await GitRepository.create("\(fixture.root)/headless.git")
      try await headless.commit(["a": "a"])
      try await headless.git("symbolic-ref", "HEAD", "refs/heads/gone")
      let url = fixture.local().url
      var record = ComplaintRecord()
      try await fixture.withClient { client in
        for (title, source) in [
          ("a branch with a slip", fixture.local("mian")), ("a branch like no other", fixture.local("nothing-like-it")),
          ("a branch that is a tag", fixture.local("both")), ("an abbreviated commit", fixture.local("0000000")),
          ("a HEAD that leads nowhere", fixture.local(repository: "headless.git")),
          ("a range that nothing is in", GitSource(url: url, range: VersionSpecifiers(">=3"))),
          (
            "a range without tags", GitSource(url: fixture.local(repository: "headless.git").url, range: .init(">=3"))
          ),
          ("an empty repository", fixture.local(repository: "empty.git")),
        ] {
          try await record.add(title, waitingFor: { _ = try await client.commits(for: [source]) })
        }
        let absent = String(repeating: "0", count: 39) + "1"
        try await record.add(
          "a commit that is not there",
          waitingFor: {
            try await client.export(fixture.local(absent), commit: absent, to: fixture.emptyDirectory())
          })
        try Files.write("mine", to: "\(fixture.emptyDirectory("full"))/mine")
        try await record.add(
          "a directory that is not empty",
          waitingFor: {
            try await client.export(fixture.local(), commit: first, to: "\(fixture.directory)/full")
          })
      }
      // Two commits whose ids begin alike are found by chance alone.
      record.add(
        "an abbreviation of two commits", GitComplaints(Repository(url)).ambiguousCommit("66bf487").diagnostics)
      #expect(try record.isOnRecord(as: "references", beside: #filePath, replacing: [(fixture.directory, "DIR")]))
    }
  }

  @Test func trees() async throws {
    try await GitFixture.with { fixture in
      let repository = fixture.repository
      let blob = try await repository.git("rev-parse", "main:README.md")
      var record = ComplaintRecord()
      try await fixture.withClient { client in
        func export(_ title: String, _ commit: String) async throws {
          try await record.add(
            title,
            waitingFor: {
              try await client.export(fixture.local(), commit: commit, to: fixture.emptyDirectory())
            })
        }
        for (title, files) in [
          ("a link that leads out", ["evil": GitRepository.Entry.link("../../outside")]),
          ("two names that differ in case", ["README": "a", "Readme": "b"]),
        ] {
          try await export(title, repository.commit(files, on: "b-\(files.keys.first?.prefix(1) ?? "")"))
        }
        for (title, tree) in [
          ("a name of git's own", "100644 blob \(blob)\t.git\n"),
          ("a name twice", "100644 blob \(blob)\ta\n100644 blob \(blob)\ta\n"),
        ] {
          let id = try await repository.git("mktree", input: tree)
          let commit = try await repository.git("commit-tree", "-m", "Evil", id)
          try await repository.branch("evil-\(commit.prefix(6))", at: commit)
          try await export(title, commit)
        }
      }
      #expect(try record.isOnRecord(as: "trees", beside: #filePath, replacing: [(fixture.directory, "DIR")]))
    }
  }

  @Test func helpers() async throws {
    try await GitFixture.with { fixture in
      let helper = "\(fixture.directory)/helper"
      var record = ComplaintRecord()
      let answer =
        "read line; id=$(echo \"$line\" | sed 's/.*\"id\":\\([0-9]*\\).*/\\1/'); "
        + "echo '{\"id\":'$id',\"outcome\":{\"exported\":{\"submodules\":[],\"time\":0}},\"version\":\(GitRequest.version)}'; sleep 60"
      for (title, behaviour) in [
        ("is killed", "kill -9 $$"), ("gives up", "exit 3"), ("answers another question", answer),
        ("says nothing", "exec sleep 60"),
      ] {
        try Files.write("#!/bin/sh\n\(behaviour)\n", to: helper, mode: 0o755)
        try await fixture.withClient(timeout: title == "says nothing" ? 1 : 20, helper: helper) { client in
          try await record.add(
            "a helper that \(title)",
            waitingFor: {
              _ = try await client.commits(for: [fixture.local()])
            })
        }
      }
      try await fixture.withClient(helper: "\(fixture.directory)/absent") { client in
        try await record.add("no helper", waitingFor: { _ = try await client.commits(for: [fixture.local()]) })
      }
      let mirror = MirrorDirectory(
        of: RemoteURL(scheme: "https", host: "git.example.com", path: "/link.git"), in: fixture.mirrors)
      try await mirror.locked(waitingUpTo: 0) {
        try await record.add("a mirror that is in use", waitingFor: { try await mirror.locked(waitingUpTo: 0) {} })
      }
      let digest = mirror.path.lastPathComponent.prefix { $0 != "." }
      #expect(
        try record.isOnRecord(
          as: "helpers", beside: #filePath, replacing: [(fixture.directory, "DIR"), (String(digest), "DIGEST")]))
    }
  }

  /// What libgit2 says of certificates and proxies, put into words: CONNECT and TLS are tested end to end.
  @Test func certificatesAndProxies() throws {
    let url = RemoteURL(scheme: "https", host: "git.example.com", path: "/a.git")
    var record = ComplaintRecord()
    for (title, complaints, fault) in [
      (
        "a name that nobody has", GitComplaints(Repository(url)), GitFault(.nameUnknown, "Name or service not known")
      ),
      ("a certificate", GitComplaints(Repository(url)), GitFault(.untrusted, "the SSL certificate is invalid: 0x08")),
      (
        "a proxy", GitComplaints(Repository(url), proxy: "http://proxy.example.com:3128"),
        GitFault(.proxyRefused, "the proxy asks for credentials")
      ),
      (
        "a proxy that says no", GitComplaints(Repository(url), proxy: "http://proxy.example.com:3128"),
        GitFault(.proxyRefused, "the proxy did not accept the credentials")
      ),
    ] {
      record.add(title, try #require(complaints.failure(for: fault) as? Failure).diagnostics)
    }
    #expect(try record.isOnRecord(as: "certificates", beside: #filePath))
  }

  /// What `pinion-git` says of requests that no `pinion` of its version sends.
  @Test func requestsThatAreNone() async throws {
    try await GitFixture.with { fixture in
      let complaints = GitComplaints(Repository(fixture.local().url))
      func diagnostics(_ fault: GitFault) throws -> [Diagnostic] {
        try #require(complaints.failure(for: fault) as? Failure).diagnostics
      }
      let lookup = GitRequest(id: 7, operation: .lookup(mirror: fixture.repository.path, prefix: "zz"))
      let newer = String(decoding: try WireLine.encode(lookup), as: UTF8.self)
        .replacing("\"version\":\(GitRequest.version)", with: "\"version\":99")
      let result = try await ChildProcess.run(
        GitFixture.helper, [], environment: [:], input: "nonsense\n" + newer, deadline: 60)
      let replies = try result.output.split(separator: "\n").map { try WireLine.decode(GitReply.self, from: $0.utf8) }
      #expect(replies.map(\.id) == [0, 7])
      var record = ComplaintRecord()
      for (title, reply) in zip(["a line that is none", "a request of another version"], replies) {
        guard case .failed(let fault) = reply.outcome else { continue }
        record.add(title, try diagnostics(fault))
      }
      let helper = Helper(path: GitFixture.helper, environment: [:])
      defer { helper.shutdown() }
      do {
        _ = try await helper.perform(lookup.operation)
      } catch let fault as GitFault { record.add("an id that is none", try diagnostics(fault)) }
      #expect(try record.isOnRecord(as: "requests", beside: #filePath, replacing: [(fixture.directory, "DIR")]))
    }
  }
}
