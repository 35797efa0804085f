import GitWire
import Glibc
import Model
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Git

/// Servers that do what no server should, over http and ssh: each ends in time, with its own words, and leaves nothing behind.
@Suite struct MisbehaviourTests {
  /// One server, what is asked of it, and what that may take.
  private struct Case: Sendable {
    var title: String
    var server: Server
    /// Whether the repository is fetched; else its references are asked for.
    var fetches = false
    var limits = GitLimits(idle: 5, bytes: 64 << 20)

    enum Server: Sendable {
      case http(GitServer.Mode)
      case ssh(SSHServer.Mode)
      /// An ssh URL with the port of an http server.
      case sshOver(GitServer.Mode)
    }

    static func references(_ title: String, _ server: Server, _ limits: GitLimits? = nil) -> Case {
      Case(title: title, server: server, limits: limits ?? GitLimits(idle: 5, bytes: 64 << 20))
    }

    static func pack(_ title: String, _ server: Server, _ limits: GitLimits? = nil) -> Case {
      Case(title: title, server: server, fetches: true, limits: limits ?? GitLimits(idle: 5, bytes: 64 << 20))
    }
  }

  private static let http: [Case] = [
    .references("never takes a connection", .http(.deaf)),
    .references("says nothing", .http(.silent)),
    .references("sends references byte by byte", .http(.spoils(.references, .drip))),
    .references("falls silent in the references", .http(.spoils(.references, .stall))),
    .references("hangs up in the references", .http(.spoils(.references, .cut))),
    .references(
      "has references without end", .http(.spoils(.references, .endless)), GitLimits(idle: 5, total: 6)),
    .references("has no answer just now", .http(.fail)),
    .pack("sends a pack byte by byte", .http(.spoils(.pack, .drip))),
    .pack("falls silent in the pack", .http(.spoils(.pack, .stall))),
    .pack("hangs up in the pack", .http(.spoils(.pack, .cut))),
    .pack("has a pack without end", .http(.spoils(.pack, .endless))),
  ]

  private static let ssh: [Case] = [
    .references("never takes a connection", .sshOver(.deaf)),
    .references("says nothing", .ssh(.silent)),
    .references("says nothing after the login", .ssh(.mute)),
    .references("sends references byte by byte", .ssh(.spoils(.references, .drip))),
    .references("hangs up in the references", .ssh(.spoils(.references, .cut))),
    .references("has references without end", .ssh(.spoils(.references, .endless)), GitLimits(idle: 5, total: 6)),
    .pack("sends a pack byte by byte", .ssh(.spoils(.pack, .drip))),
    .pack("falls silent in the pack", .ssh(.spoils(.pack, .stall))),
    .pack("hangs up in the pack", .ssh(.spoils(.pack, .cut))),
    .pack("has a pack without end", .ssh(.spoils(.pack, .endless))),
  ]

  @Test func overHTTP() async throws {
    try await GitFixture.with { fixture in
      let commit = try await fixture.repository.id(of: "main")
      let record = try await Self.record(Self.http) { one, index in
        guard case .http(let mode) = one.server else { return [] }
        let server = try GitServer.start(root: fixture.root, mode: mode)
        defer { server.stop() }
        return try await Self.provoke(one, fixture.remote(server), commit, index, fixture, [:])
      }
      #expect(try record.isOnRecord(as: "misbehaviour-http", beside: #filePath))
    }
  }

  @Test(.enabled(if: SSHServer.isAvailable, Comment(rawValue: SSHServer.absence)))
  func overSSH() async throws {
    try await SSHFixture.with { ssh in
      let fixture = ssh.fixture
      let commit = try await fixture.repository.id(of: "main")
      let hosts = "\(fixture.directory)/hosts"
      let key = String(try ssh.server.knownHost(name: "*"))
      try Files.write(key, to: hosts)
      let record = try await Self.record(Self.ssh) { one, index in
        var source = ssh.source(credential: nil)
        func provoke(_ port: Int) async throws -> [Diagnostic] {
          source.url.port = port
          let place = SourceLocation(file: "pinion.yaml", line: 7, column: 9)
          source.credential = GitCredential(
            host: Glob("\(source.url.host):\(port)"), pathPrefix: "",
            kind: .sshKey(.file(path: ssh.good, place), knownHosts: hosts, passphrase: nil), location: place)
          return try await Self.provoke(one, source, commit, index, fixture, ssh.variables)
        }
        switch one.server {
        case .http: return []
        case .sshOver(let mode):
          let server = try GitServer.start(root: fixture.root, mode: mode)
          defer { server.stop() }
          return try await provoke(server.port)
        case .ssh(let mode):
          // Each has its own settings in the state directory, and the keys of the first.
          let state = "\(fixture.directory)/sshd-\(index)"
          try Files.makeDirectory(state)
          for name in try Files.list(ssh.server.state) where name != "sshd_config" {
            try Files.write(try Files.read("\(ssh.server.state)/\(name)"), to: "\(state)/\(name)", mode: 0o600)
          }
          let server = try await SSHServer.start(root: fixture.root, state: state, mode: mode)
          defer { server.stop() }
          return try await provoke(server.port)
        }
      }
      #expect(try record.isOnRecord(as: "misbehaviour-ssh", beside: #filePath))
    }
  }

  /// All of them side by side, since most of the time is spent waiting, and on record in their order.
  private static func record(
    _ cases: [Case], _ provoke: @escaping @Sendable (Case, Int) async throws -> [Diagnostic]
  ) async throws -> ComplaintRecord {
    let diagnostics = try await withThrowingTaskGroup(of: (Int, [Diagnostic]).self) { tasks in
      for (index, one) in cases.enumerated() { tasks.addTask { (index, try await provoke(one, index)) } }
      var diagnostics: [Int: [Diagnostic]] = [:]
      for try await (index, said) in tasks { diagnostics[index] = said }
      return diagnostics
    }
    var record = ComplaintRecord()
    for (index, one) in cases.enumerated() { record.add("a server that \(one.title)", diagnostics[index] ?? []) }
    return record
  }

  /// Has one fail, and looks for what it left behind.
  private static func provoke(
    _ one: Case, _ source: GitSource, _ commit: String, _ index: Int, _ fixture: GitFixture,
    _ variables: [String: String]
  ) async throws -> [Diagnostic] {
    let directory = try fixture.emptyDirectory("export-\(index)")
    var diagnostics: [Diagnostic] = []
    try await fixture.withClient(variables, limits: one.limits) { client in
      let start = ContinuousClock.now
      let failure = try await failure {
        if one.fetches {
          try await client.export(source, commit: commit, to: directory)
        } else {
          _ = try await client.commits(for: [source])
        }
      }
      #expect(ContinuousClock.now - start < .seconds(100), "\(one.title)")
      #expect(failure.diagnostics.map(\.code) == [.gitUnreachable], "\(one.title): \(failure)")
      diagnostics = failure.diagnostics
      let mirror = MirrorDirectory(of: source.url, in: fixture.mirrors)
      #expect(Files.kind(mirror.path) == nil, "\(one.title) leaves a mirror")
      #expect(try Files.list(directory) == [], "\(one.title) leaves an export")
      // It ended by itself, so that whoever else is served goes on.
      #expect(client.helperProcessIDs.count == 1, "\(one.title) ends the helper")
      client.shutdown()
      try await expectEventually { client.helperProcessIDs.isEmpty }
    }
    return diagnostics
  }

  // MARK: Mirrors

  @Test func aFailedFetchLeavesTheMirrorAsItWas() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, mode: .spoils(.pack, .cut))
      defer { server.stop() }
      let source = fixture.remote(server)
      let mirror = MirrorDirectory(of: source.url, in: fixture.mirrors)
      let first = try await fixture.repository.id(of: "main")
      try Files.makeDirectory(fixture.mirrors)
      _ = try await fixture.output(of: "git", ["clone", "-q", "--mirror", fixture.repository.path, mirror.path])
      _ = try await fixture.git(mirror.path, "repack", "-a", "-d", "-q")
      let before = try await fixture.output(of: "find", [mirror.path, "-type", "f"])
      // What a helper leaves that is killed.
      for name in [
        "objects/pack/pack_git2_6f3a", "objects/tmp_object_git2_77", "packed-refs.lock", "refs/heads/x.lock",
      ] {
        try Files.write("half", to: "\(mirror.path)/\(name)")
      }
      let second = try await fixture.repository.commit(["README.md": "Two\n"])
      try await fixture.withClient { client in
        let failed = try await failure {
          try await client.export(source, commit: second, to: fixture.emptyDirectory())
        }
        #expect(failed.diagnostics.map(\.message) == ["the git server hung up in the middle"])
        #expect(
          try await fixture.output(of: "find", [mirror.path, "-type", "f"]).text.split(separator: "\n").sorted()
            == before.text.split(separator: "\n").sorted())
        // And it is still good.
        try await client.export(source, commit: first, to: fixture.emptyDirectory())
      }
    }
  }

  @Test func whoGivesUpInTheMiddleOfAPackLeavesNothing() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, mode: .spoils(.pack, .endless))
      defer { server.stop() }
      let source = fixture.remote(server)
      let packs = "\(MirrorDirectory(of: source.url, in: fixture.mirrors).path)/objects/pack"
      let commit = try await fixture.repository.id(of: "main")
      let directory = try fixture.emptyDirectory()
      try await fixture.withClient(timeout: 600) { client in
        let request = Task { try await client.export(source, commit: commit, to: directory) }
        try await expectEventually { ((try? Files.list(packs)) ?? []).isEmpty == false }
        request.cancel()
        await #expect(throws: CancellationError.self) { try await request.value }
        try await expectEventually { client.helperProcessIDs.isEmpty }
        #expect(Files.kind(packs.parentPath.parentPath) == nil)
        #expect(try Files.list(directory) == [])
      }
    }
  }

  // MARK: Trying again

  @Test func aServerThatComesBackIsAskedAgain() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, mode: .flaky(2))
      defer { server.stop() }
      let announced = Announcements()
      try await fixture.withClient(
        retry: RetryPolicy(pause: 0.01), announce: { announced.add($0) }
      ) { client in
        let commits = try await client.commits(for: [fixture.remote(server)])
        #expect(commits.count == 1)
      }
      #expect(
        announced.all == [2, 3].map { "Asking http://127.0.0.1:\(server.port) again (attempt \($0) of 3)" })
      let gone = try GitServer.start(root: fixture.root, mode: .flaky(3))
      defer { gone.stop() }
      try await fixture.withClient(retry: RetryPolicy(pause: 0.01)) { client in
        let failed = try await failure { _ = try await client.commits(for: [fixture.remote(gone)]) }
        #expect(failed.diagnostics.map(\.message) == ["the git server cannot answer just now"])
      }
    }
  }

  @Test func whatStaysRefusedIsAskedForOnce() async throws {
    try await GitFixture.with { fixture in
      let log = "\(fixture.directory)/log"
      let server = try GitServer.start(root: fixture.root, token: "tok-51", log: log)
      defer { server.stop() }
      try await fixture.withClient(["WRONG": "wrong-token-1"], retry: RetryPolicy(pause: 0.01)) { client in
        for (source, requests) in [
          (fixture.remote(server, token: .variable("WRONG")), 2), (fixture.remote(server), 1),
        ] {
          try Files.write("", to: log)
          let failed = try await failure { _ = try await client.commits(for: [source]) }
          #expect(failed.diagnostics.map(\.code) == [.gitRefused])
          #expect(String(decoding: try Files.read(log), as: UTF8.self).split(separator: "\n").count == requests)
        }
      }
    }
  }
}

/// What was announced, from any thread.
private final class Announcements: Sendable {
  private let texts = Mutex<[String]>([])
  var all: [String] { texts.withLock(\.self) }
  func add(_ text: String) { texts.withLock { $0.append(text) } }
}
