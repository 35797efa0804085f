import GitWire
import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import Git

/// A directory with a repository of each kind, a client, and what belongs to them; gone when the test ends.
final class GitFixture: Sendable {
  /// The directory of it all.
  let directory: String
  /// A repository with a commit on `main`.
  let repository: GitRepository
  /// What the client was told are secrets.
  let secrets = SecretRegistry()

  /// Where the server's repositories are.
  var root: String { "\(directory)/root" }
  /// Where the client keeps its mirrors.
  var mirrors: String { "\(directory)/mirrors" }

  private init(directory: String, repository: GitRepository) {
    self.directory = directory
    self.repository = repository
  }

  /// Runs a test with a fixture of its own.
  static func with(_ test: (GitFixture) async throws -> Void) async throws {
    let directory = "/tmp/pinion-git-\(getpid())-\(UInt64.random(in: .min ... .max))"
    try Files.makeDirectory("\(directory)/root")
    defer { try? Files.remove(directory) }
    let repository = try await GitRepository.create("\(directory)/root/link.git")
    try await repository.commit(["README.md": "One\n", "pkg/__init__.py": "x = 1\n"])
    try await test(GitFixture(directory: directory, repository: repository))
  }

  /// Runs a test with a client, and ends its helper.
  func withClient(
    _ variables: [String: String] = [:], timeout: Double = 30, helper: String = GitFixture.helper,
    limits: GitLimits? = nil, retry: RetryPolicy = .never, proxies: ProxySettings = .none,
    announce: @escaping @Sendable (String) -> Void = { _ in }, _ test: (GitClient) async throws -> Void
  ) async throws {
    let client = GitClient(
      helper: helper, mirrors: mirrors, variables: Variables(variables), secrets: secrets, proxies: proxies,
      limits: limits ?? GitLimits(idle: timeout), retry: retry, announce: announce)
    defer { client.shutdown() }
    try await test(client)
  }

  /// `pinion-git`, which is built beside the tests; `PINION_TEST_GIT_HELPER` names another, linked with another libgit2.
  static let helper: String =
    getenv("PINION_TEST_GIT_HELPER").map { String(cString: $0) }
    ?? (Files.realPath("/proc/self/exe") ?? "").parentPath + "/pinion-git"

  /// A source in a repository of this fixture, read from disk.
  func local(_ reference: String? = nil, repository: String = "link.git") -> GitSource {
    GitSource(url: RemoteURL(scheme: "file", host: "", path: "\(root)/\(repository)"), reference: reference)
  }

  /// A source on a server.
  func remote(
    _ server: GitServer, _ reference: String? = nil, repository: String = "link.git", token: Template? = nil,
    host: String = "127.0.0.1"
  ) -> GitSource {
    let url = RemoteURL(
      scheme: server.scheme, host: host, port: server.port, path: "/\(repository)",
      userInfo: token.map { UserInfo(username: $0) })
    return GitSource(url: url, reference: reference)
  }

  /// An empty directory.
  func emptyDirectory(_ name: String = "export") throws -> String {
    try Files.makeDirectory("\(directory)/\(name)")
    return "\(directory)/\(name)"
  }

  /// Everything that a program prints; the test fails with it when it fails.
  func output(of program: String, _ arguments: [String]) async throws -> (status: Int32, text: String) {
    let result = try await ChildProcess.run(
      "/usr/bin/env", [program] + arguments,
      environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null"], deadline: 60)
    return (result.status, result.output + result.errorOutput)
  }

  /// What git prints about an exported clone.
  func git(_ directory: String, _ arguments: String...) async throws -> String {
    let (status, text) = try await output(of: "git", ["-C", directory] + arguments)
    #expect(status == 0, "git \(arguments) said: \(text)")
    return text.split(separator: "\n").joined(separator: "\n")
  }
}

extension Template {
  /// `${NAME}`.
  static func variable(_ name: String) -> Template { Template([.variable(name, nil)]) }
}

/// The failure that something throws; the test stops when it throws none.
func failure(of body: () async throws -> Void) async throws -> Failure {
  do {
    try await body()
  } catch let failure as Failure {
    return failure
  }
  throw Missing.failure
}

private enum Missing: Error { case failure }

/// Waits for something that another process does; the test fails when it does not come within half a minute.
func expectEventually(_ condition: () -> Bool, sourceLocation: Testing.SourceLocation = #_sourceLocation) async throws {
  for _ in 0..<600 {
    if condition() { return }
    try await Task.sleep(for: .milliseconds(50))
  }
  #expect(condition(), sourceLocation: sourceLocation)
}

extension GitClient {
  /// Writes a clone with all its history.
  func export(_ source: GitSource, commit: String, to directory: String) async throws {
    _ = try await export(source, commit: commit, to: directory, history: .needed)
  }
}
