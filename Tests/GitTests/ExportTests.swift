import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import Git

@Suite struct ExportTests {
  private static let token = "tok-2f64c8e1b0"

  @Test func writesFilesHistoryAndTagsWithoutARemote() async throws {
    try await GitFixture.with { fixture in
      let repository = fixture.repository
      try await repository.annotatedTag("v1.0", at: "main")
      let commit = try await repository.commit(
        ["run.sh": .executable("#!/bin/sh\n"), "pkg/link": .link("../README.md"), "crlf.txt": "a\r\n"])
      let server = try GitServer.start(root: fixture.root, token: Self.token)
      defer { server.stop() }
      try await fixture.withClient(["TOKEN": Self.token]) { client in
        let directory = try fixture.emptyDirectory()
        let source = fixture.remote(server, "main", token: .variable("TOKEN"))
        try await client.export(source, commit: commit, to: directory)
        #expect(String(decoding: try Files.read("\(directory)/pkg/__init__.py"), as: UTF8.self) == "x = 1\n")
        #expect(Files.isExecutable("\(directory)/run.sh"))
        #expect(Files.linkTarget("\(directory)/pkg/link") == "../README.md")
        #expect(try await fixture.git(directory, "rev-parse", "HEAD") == commit)
        #expect(try await fixture.git(directory, "describe", "--tags") == "v1.0-1-g\(commit.prefix(7))")
        #expect(try await fixture.git(directory, "status", "--porcelain") == "")
        #expect(try await fixture.git(directory, "rev-parse", "--abbrev-ref", "HEAD") == "HEAD")
        #expect(try await fixture.git(directory, "remote") == "")
        #expect(try await fixture.git(directory, "rev-list", "--count", "HEAD") == "2")
        #expect(try await fixture.git(directory, "fsck", "--strict") == "")
      }
    }
  }

  @Test func fetchesOnlyWhatTheMirrorLacks() async throws {
    try await GitFixture.with { fixture in
      let first = try await fixture.repository.id(of: "main")
      let server = try GitServer.start(root: fixture.root, token: Self.token)
      let source = fixture.remote(server, "main", token: .variable("TOKEN"))
      try await fixture.withClient(["TOKEN": Self.token]) { client in
        try await client.export(source, commit: first, to: try fixture.emptyDirectory("one"))
      }
      // Another process with no token and no server, later.
      server.stop()
      try await fixture.withClient { client in
        try await client.export(source, commit: first, to: try fixture.emptyDirectory("two"))
        #expect(Files.exists("\(fixture.directory)/two/README.md"))
        let absent = String(repeating: "0b", count: 20)
        let failure = try await failure {
          try await client.export(source, commit: absent, to: try fixture.emptyDirectory("three"))
        }
        #expect(failure.diagnostics.map(\.code) == [.variableUnset])
      }
    }
  }

  @Test func followsABranchThatWasRewrittenAndNamesThatChanged() async throws {
    try await GitFixture.with { fixture in
      let repository = fixture.repository
      let old = try await repository.id(of: "main")
      try await repository.branch("a", at: old)
      try await fixture.withClient { client in
        try await client.export(fixture.local(), commit: old, to: try fixture.emptyDirectory("one"))
        // `a` was a branch; now `a/b` is one, and `main` has another history.
        try await repository.delete("refs/heads/a")
        try await repository.branch("a/b", at: old)
        try await repository.git("update-ref", "-d", "refs/heads/main")
        let new = try await repository.commit(["other.txt": "Other\n"])
        try await client.export(fixture.local(), commit: new, to: try fixture.emptyDirectory("two"))
        #expect(try await fixture.git("\(fixture.directory)/two", "rev-list", "--count", "HEAD") == "1")
        // What was locked before the rewrite is still there.
        try await client.export(fixture.local(), commit: old, to: try fixture.emptyDirectory("three"))
        #expect(Files.exists("\(fixture.directory)/three/README.md"))
      }
    }
  }

  @Test func fetchesAReferenceOutsideOfBranchesAndTags() async throws {
    try await GitFixture.with { fixture in
      let repository = fixture.repository
      let commit = try await repository.commit(["pull.txt": "Pull\n"], on: "work")
      try await repository.git("update-ref", "refs/pull/7/head", commit)
      try await repository.delete("refs/heads/work")
      let server = try GitServer.start(root: fixture.root)
      defer { server.stop() }
      try await fixture.withClient { client in
        let source = fixture.remote(server, "refs/pull/7/head")
        try await client.export(source, commit: commit, to: try fixture.emptyDirectory())
        #expect(Files.exists("\(fixture.directory)/export/pull.txt"))
      }
    }
  }

  @Test func asksForACommitByItsIdWhereTheServerLetsIt() async throws {
    try await GitFixture.with { fixture in
      let repository = fixture.repository
      let commit = try await repository.commit(["gone.txt": "Gone\n"], on: "work")
      try await repository.delete("refs/heads/work")
      let server = try GitServer.start(root: fixture.root)
      defer { server.stop() }
      try await fixture.withClient { client in
        let source = fixture.remote(server, commit)
        let failure = try await failure {
          try await client.export(source, commit: commit, to: try fixture.emptyDirectory("one"))
        }
        #expect(failure.diagnostics.map(\.code) == [.gitReferenceAbsent])
        #expect(try Files.list("\(fixture.directory)/one").isEmpty)
        try await repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
        try await client.export(source, commit: commit, to: try fixture.emptyDirectory("two"))
        #expect(Files.exists("\(fixture.directory)/two/gone.txt"))
      }
    }
  }

  @Test(
    arguments: [
      (["evil": .link("../../outside")], "'evil'"),
      (["evil": .link("/etc/passwd")], "'evil'"),
      (["d/evil": .link("../.git/config")], "'d/evil'"),
      (["vendor/lib": .submodule(String(repeating: "1", count: 40))], "'vendor/lib'"),
      (["doc/README": "a", "doc/Readme": "b"], "'doc/README' and 'doc/Readme'"),
    ] as [([String: GitRepository.Entry], String)])
  func refusesWhatIsUnsafeOrIncomplete(_ files: [String: GitRepository.Entry], naming name: String) async throws {
    try await GitFixture.with { fixture in
      let commit = try await fixture.repository.commit(files)
      try await fixture.withClient { client in
        let directory = try fixture.emptyDirectory()
        let failure = try await failure { try await client.export(fixture.local(), commit: commit, to: directory) }
        #expect(failure.diagnostics.map(\.code) == [.gitFailed])
        #expect(failure.diagnostics[0].cause?.contains(name) == true)
        #expect(try Files.list(directory).isEmpty)
      }
    }
  }

  @Test(arguments: [".git", "..", ".", ".GIT", ".git ", "git~1", ".g\u{200C}it"])
  func refusesNamesThatNoGitWouldWrite(_ name: String) async throws {
    try await GitFixture.with { fixture in
      let repository = fixture.repository
      let blob = try await repository.git("rev-parse", "main:README.md")
      let tree = try await repository.git("mktree", input: "100644 blob \(blob)\t\(name)\n")
      let commit = try await repository.git("commit-tree", "-m", "Evil", tree)
      try await repository.branch("evil", at: commit)
      try await fixture.withClient { client in
        let directory = try fixture.emptyDirectory()
        let failure = try await failure {
          try await client.export(fixture.local("evil"), commit: commit, to: directory)
        }
        #expect(failure.diagnostics.map(\.code) == [.gitFailed])
        #expect(failure.diagnostics[0].cause?.contains("'\(name)'") == true)
        #expect(try Files.list(directory).isEmpty)
      }
    }
  }

  /// Two ways to write one letter, which most file systems keep apart and some do not; nor can a Swift text.
  @Test func refusesTwoWaysToWriteOneName() async throws {
    try await GitFixture.with { fixture in
      let commit = try await fixture.repository.commit(["caf\u{E9}": "a"])
      let blob = try await fixture.repository.git("rev-parse", "main:README.md")
      let tree = try await fixture.repository.git(
        "mktree", input: "100644 blob \(blob)\tcafe\u{301}\n100644 blob \(blob)\tcaf\u{E9}\n")
      let evil = try await fixture.repository.git("commit-tree", "-m", "Evil", "-p", commit, tree)
      try await fixture.repository.branch("evil", at: evil)
      try await fixture.withClient { client in
        let failure = try await failure {
          try await client.export(fixture.local("evil"), commit: evil, to: try fixture.emptyDirectory())
        }
        #expect(failure.diagnostics[0].cause?.contains("two paths that cannot be told apart") == true)
      }
    }
  }

  @Test(arguments: ["config", "packs", "file"])
  func aBrokenMirrorIsMadeAnew(_ damage: String) async throws {
    try await GitFixture.with { fixture in
      let commit = try await fixture.repository.id(of: "main")
      try await fixture.withClient { client in
        try await client.export(fixture.local(), commit: commit, to: try fixture.emptyDirectory("one"))
        let name = try #require(try Files.list(fixture.mirrors).first { $0.hasSuffix(".git") })
        let mirror = "\(fixture.mirrors)/\(name)"
        switch damage {
        case "config": try Files.write("[core\n", to: "\(mirror)/config")
        case "file":
          try Files.remove(mirror)
          try Files.write("no directory", to: mirror)
        default:
          for file in try Files.list("\(mirror)/objects/pack") where file.hasSuffix(".pack") {
            chmod("\(mirror)/objects/pack/\(file)", 0o644)
            try Files.write("PACK", to: "\(mirror)/objects/pack/\(file)")
          }
        }
        try await client.export(fixture.local(), commit: commit, to: try fixture.emptyDirectory("two"))
        #expect(Files.exists("\(fixture.directory)/two/README.md"))
      }
    }
  }

  /// A pack that lost its end still has a whole index, by which a fetch counts as present what is gone.
  @Test(arguments: [0, 100, -200], [false, true])
  func aPackThatLostItsEndIsFetchedAnew(length: Int, isMoved: Bool) async throws {
    try await GitFixture.with { fixture in
      var noise = SystemRandomNumberGenerator()
      let text = (0..<4_000).map { _ in String(noise.next(), radix: 36) }.joined(separator: "\n")
      try await fixture.repository.commit(["noise": .file(text)])
      var commit = try await fixture.repository.id(of: "main")
      let server = try GitServer.start(root: fixture.root)
      defer { server.stop() }
      try await fixture.withClient { client in
        try await client.export(fixture.remote(server), commit: commit, to: try fixture.emptyDirectory("one"))
        let name = try #require(try Files.list(fixture.mirrors).first { $0.hasSuffix(".git") })
        let packs = "\(fixture.mirrors)/\(name)/objects/pack"
        for file in try Files.list(packs) where file.hasSuffix(".pack") {
          let bytes = try Files.read("\(packs)/\(file)")
          let kept = length < 0 ? bytes.dropLast(-length) : bytes.prefix(length)
          try Files.replace("\(packs)/\(file)", with: Array(kept))
        }
        if isMoved { commit = try await fixture.repository.commit(["more": "more"]) }
        try await client.export(fixture.remote(server), commit: commit, to: try fixture.emptyDirectory("two"))
        #expect(String(decoding: try Files.read("\(fixture.directory)/two/noise"), as: UTF8.self) == text)
      }
    }
  }

  @Test func aDirectoryWithContentIsLeftAlone() async throws {
    try await GitFixture.with { fixture in
      let directory = try fixture.emptyDirectory()
      try Files.write("mine", to: "\(directory)/mine")
      let commit = try await fixture.repository.id(of: "main")
      try await fixture.withClient { client in
        let failure = try await failure { try await client.export(fixture.local(), commit: commit, to: directory) }
        #expect(failure.diagnostics.map(\.code) == [.io])
        #expect(try Files.list(directory) == ["mine"])
      }
    }
  }

  @Test func twoClientsShareAMirror() async throws {
    try await GitFixture.with { fixture in
      let commit = try await fixture.repository.id(of: "main")
      try await fixture.withClient { first in
        try await fixture.withClient { second in
          try await withThrowingTaskGroup { tasks in
            for (index, client) in [first, second, first, second].enumerated() {
              let directory = try fixture.emptyDirectory("export-\(index)")
              tasks.addTask { try await client.export(fixture.local(), commit: commit, to: directory) }
            }
            try await tasks.waitForAll()
          }
        }
      }
      #expect((0..<4).allSatisfy { Files.exists("\(fixture.directory)/export-\($0)/README.md") })
      #expect(try Files.list(fixture.mirrors).count { $0.hasSuffix(".git") } == 1)
    }
  }
}
