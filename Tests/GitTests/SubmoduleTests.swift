import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import Git

@Suite struct SubmoduleTests {
  private static let token = "tok-5b0d9e77c1"

  /// `.gitmodules` for submodules that are called as their paths.
  private func modules(_ urls: KeyValuePairs<String, String>) -> GitRepository.Entry {
    .file(urls.map { "[submodule \"\($0)\"]\n\tpath = \($0)\n\turl = \($1)\n" }.joined())
  }

  /// `link.git` with `vendor/lib`, which has `deep`; each with a tag. The commit of the first.
  private func nested(_ fixture: GitFixture) async throws -> String {
    let deep = try await GitRepository.create("\(fixture.root)/deep.git")
    let bottom = try await deep.commit(["deep.txt": "Deep\n"])
    let lib = try await GitRepository.create("\(fixture.root)/lib.git")
    let middle = try await lib.commit([
      "lib.txt": "Lib\n", ".gitmodules": modules(["deep": "../deep.git"]), "deep": .submodule(bottom),
    ])
    try await lib.annotatedTag("lib-1.0", at: middle)
    // The commit that is wanted is not the newest.
    try await lib.commit(["lib.txt": "Changed\n"])
    try await fixture.repository.annotatedTag("v1.0", at: "main")
    return try await fixture.repository.commit([
      ".gitmodules": modules(["vendor/lib": "../lib.git"]), "vendor/lib": .submodule(middle),
    ])
  }

  @Test func areWrittenWhereTheyBelong() async throws {
    try await GitFixture.with { fixture in
      let commit = try await nested(fixture)
      let server = try GitServer.start(root: fixture.root)
      defer { server.stop() }
      try await fixture.withClient { client in
        let directory = try fixture.emptyDirectory()
        try await client.export(fixture.remote(server, "main"), commit: commit, to: directory)
        #expect(String(decoding: try Files.read("\(directory)/vendor/lib/lib.txt"), as: UTF8.self) == "Lib\n")
        #expect(String(decoding: try Files.read("\(directory)/vendor/lib/deep/deep.txt"), as: UTF8.self) == "Deep\n")
        // To git nothing was changed, so that versions from tags are those of a clone.
        #expect(try await fixture.git(directory, "status", "--porcelain") == "")
        #expect(
          try await fixture.git(directory, "describe", "--tags", "--dirty") == "v1.0-1-g\(commit.prefix(7))")
        #expect(try await fixture.git("\(directory)/vendor/lib", "describe", "--dirty") == "lib-1.0")
        for place in ["", "/vendor/lib", "/vendor/lib/deep"] {
          #expect(try await fixture.git(directory + place, "remote") == "")
          #expect(try await fixture.git(directory + place, "fsck", "--strict", "--no-dangling") == "")
        }
      }
      // All of it is in the mirrors now.
      server.stop()
      try await fixture.withClient { client in
        let again = try fixture.emptyDirectory("again")
        try await client.export(fixture.remote(server, "main"), commit: commit, to: again)
        #expect(Files.exists("\(again)/vendor/lib/deep/deep.txt"))
      }
    }
  }

  @Test func aBrokenMirrorOfASubmoduleIsMadeAnew() async throws {
    try await GitFixture.with { fixture in
      let commit = try await nested(fixture)
      try await fixture.withClient { client in
        try await client.export(fixture.local(), commit: commit, to: try fixture.emptyDirectory("one"))
        let lib = MirrorDirectory(of: fixture.local(repository: "lib.git").url, in: fixture.mirrors)
        for file in try Files.list("\(lib.path)/objects/pack") where file.hasSuffix(".pack") {
          chmod("\(lib.path)/objects/pack/\(file)", 0o644)
          try Files.write("PACK", to: "\(lib.path)/objects/pack/\(file)")
        }
        try await client.export(fixture.local(), commit: commit, to: try fixture.emptyDirectory("two"))
        #expect(Files.exists("\(fixture.directory)/two/vendor/lib/deep/deep.txt"))
      }
    }
  }

  @Test func areAskedForWithWhatIsDeclaredForThem() async throws {
    try await GitFixture.with { fixture in
      let commit = try await nested(fixture)
      let log = "\(fixture.directory)/log"
      let server = try GitServer.start(root: fixture.root, token: Self.token, log: log)
      defer { server.stop() }
      try await fixture.withClient(["TOKEN": Self.token]) { client in
        var source = fixture.remote(server, "main", token: .variable("TOKEN"))
        let refused = try await failure {
          try await client.export(source, commit: commit, to: try fixture.emptyDirectory("one"))
        }
        #expect(refused.diagnostics.map(\.code) == [.gitRefused])
        #expect(
          refused.diagnostics[0].hint?.contains("{host: \"127.0.0.1:\(server.port)\", path: \"lib.git\", token:")
            == true)
        #expect(try Files.list("\(fixture.directory)/one").isEmpty)
        // The token of the superproject's URL went nowhere else, though it would have been taken.
        var requests = String(decoding: try Files.read(log), as: UTF8.self).split(separator: "\n")
        #expect(requests.contains { $0.contains("/lib.git/") })
        #expect(
          !requests.contains {
            $0.contains("/lib.git/") && $0.hasSuffix("with-credentials") && !$0.hasSuffix("without-credentials")
          })
        source.rules.credentials = ["lib.git", "deep.git"].map { path in
          GitCredential(
            host: Glob("127.0.0.1:\(server.port)"), pathPrefix: path, kind: .token(.template(.variable("TOKEN"))),
            location: SourceLocation(file: "pinion.yaml", line: 7, column: 9))
        }
        let directory = try fixture.emptyDirectory("two")
        try await client.export(source, commit: commit, to: directory)
        #expect(Files.exists("\(directory)/vendor/lib/deep/deep.txt"))
        requests = String(decoding: try Files.read(log), as: UTF8.self).split(separator: "\n")
        #expect(requests.contains { $0.contains("/deep.git/") && $0.hasSuffix(" with-credentials") })
        for file in try Files.list("\(directory)/vendor/lib/.git") where file == "config" {
          let text = String(decoding: try Files.read("\(directory)/vendor/lib/.git/\(file)"), as: UTF8.self)
          #expect(!text.contains(Self.token))
        }
      }
    }
  }

  @Test func areHeldToThePolicyBeforeAServerIsAsked() async throws {
    try await GitFixture.with { fixture in
      let commit = try await nested(fixture)
      let log = "\(fixture.directory)/log"
      let server = try GitServer.start(root: fixture.root, log: log)
      defer { server.stop() }
      try await fixture.withClient { client in
        for layer in [
          SourceRules.Layer(deny: [SourcePattern("git+http://127.0.0.1:*/lib.git")]),
          SourceRules.Layer(allow: [SourcePattern("http://127.0.0.1:\(server.port)/link.git")]),
        ] {
          var source = fixture.remote(server, "main")
          source.rules.sources = SourceRules(layers: [layer])
          let directory = try fixture.emptyDirectory()
          let refused = try await failure { try await client.export(source, commit: commit, to: directory) }
          #expect(refused.diagnostics.map(\.code) == [.policyDenied])
          #expect(try Files.list(directory).isEmpty)
        }
        #expect(!String(decoding: try Files.read(log), as: UTF8.self).contains("/lib.git/"))
        // A rule that comes after all was fetched, for what was built of it.
        var source = fixture.remote(server, "main")
        try await client.export(source, commit: commit, to: try fixture.emptyDirectory())
        server.stop()
        try client.checkSubmodules(of: commit, in: source)
        source.rules.sources = SourceRules(layers: [
          SourceRules.Layer(deny: [SourcePattern("http://127.0.0.1:*/deep.git")])
        ])
        let late = try await failure { try client.checkSubmodules(of: commit, in: source) }
        #expect(late.diagnostics.map(\.code) == [.policyDenied])
        #expect(late.diagnostics[0].message.hasPrefix("the submodule 'vendor/lib/deep' comes from http://127.0.0.1:"))
      }
    }
  }

  /// What can be wrong with submodules, and that nothing is left behind.
  @Test func complaints() async throws {
    try await GitFixture.with { fixture in
      let zeros = String(repeating: "1", count: 40)
      var record = ComplaintRecord()
      try await fixture.withClient { client in
        func add(
          _ title: String, _ files: [String: GitRepository.Entry], _ rules: GitRules = GitRules()
        ) async throws {
          let branch = "b\(record.text.utf8.count)"
          let commit = try await fixture.repository.commit(files, on: branch)
          var source = fixture.local(branch)
          source.rules = rules
          let directory = try fixture.emptyDirectory("export-\(branch)")
          try await record.add(title, waitingFor: { try await client.export(source, commit: commit, to: directory) })
          #expect(try Files.list(directory).isEmpty)
        }
        func add(_ title: String, url: String, path: String = "lib", _ rules: GitRules = GitRules()) async throws {
          try await add(title, [".gitmodules": modules([path: url]), path: .submodule(zeros)], rules)
        }
        try await add("no .gitmodules", ["lib": .submodule(zeros)])
        try await add(".gitmodules says nothing", [".gitmodules": modules(["x": "../x"]), "lib": .submodule(zeros)])
        try await add(".gitmodules is a link", [".gitmodules": .link("README.md"), "lib": .submodule(zeros)])
        try await add(".gitmodules is broken", [".gitmodules": "[submodule\n", "lib": .submodule(zeros)])
        try await add(
          ".gitmodules is large",
          [".gitmodules": .file(String(repeating: "#", count: 1 << 21)), "lib": .submodule(zeros)])
        try await add(".gitmodules includes", [".gitmodules": "[include]\npath = x\n", "lib": .submodule(zeros)])
        try await add(
          "a name that leads out", [".gitmodules": "[submodule \"../x\"]\npath = lib\n", "lib": .submodule(zeros)])
        try await add(
          "a path that leads out", [".gitmodules": "[submodule \"x\"]\npath = ../lib\n", "lib": .submodule(zeros)])
        try await add("no URL", [".gitmodules": "[submodule \"x\"]\npath = lib\n", "lib": .submodule(zeros)])
        try await add(
          "two URLs",
          [
            ".gitmodules": "[submodule \"x\"]\npath = lib\nurl = ../x\n[submodule \"y\"]\npath = lib\nurl = ../y\n",
            "lib": .submodule(zeros),
          ])
        for (title, url) in [
          ("an option", "-upayload"), ("a scheme that runs programs", "ext::sh -c evil"),
          ("another scheme", "git://example.com/lib.git"), ("no host", "https:///lib.git"),
          ("no port", "https://user:secret@example.com:x/lib.git"), ("no path", "https://example.com/"),
          ("another machine's disk", "file://example.com/lib.git"),
          ("up and up", "../../../../../../../../../../../../lib.git"),
          ("no such repository", "../absent.git"), ("no such commit", "../link.git"),
        ] { try await add(title, url: url) }
        let deny = SourceRules(layers: [SourceRules.Layer(deny: [SourcePattern("https://example.com/*")])])
        let place = SourceLocation(file: "host.yaml", line: 4, column: 5)
        try await add(
          "a denied source", url: "https://example.com/lib.git", GitRules(sources: deny, sourcesPlace: place))
        try await add(
          "an allowed list", url: "https://example.com/lib.git",
          GitRules(sources: SourceRules(layers: [.init(allow: [SourcePattern("git+file://*")])])))
        let many = (0...1000).map { "lib\($0)" }
        try await add(
          "too many",
          [".gitmodules": .file(many.map { "[submodule \"\($0)\"]\npath = \($0)\nurl = ../\($0)\n" }.joined())]
            .merging(many.map { ($0, .submodule(zeros)) }) { $1 })
      }
      #expect(!record.text.contains("secret"))
      #expect(try record.isOnRecord(as: "submodules", beside: #filePath, replacing: [(fixture.directory, "DIR")]))
    }
  }

  /// Submodules in each other as deep as they may be, one deeper, and what a server says of one.
  @Test func complaintsAboutDepthAndServers() async throws {
    try await GitFixture.with { fixture in
      var record = ComplaintRecord()
      let server = try GitServer.start(root: fixture.root, token: Self.token)
      defer { server.stop() }
      try await fixture.withClient(["TOKEN": Self.token]) { client in
        var commit = try await fixture.repository.id(of: "main")
        var name = "link"
        for level in 1...11 {
          let repository = try await GitRepository.create("\(fixture.root)/level\(level).git")
          commit = try await repository.commit([
            ".gitmodules": modules(["in": "../\(name).git"]), "in": .submodule(commit),
          ])
          name = "level\(level)"
          guard level >= 10 else { continue }
          let directory = try fixture.emptyDirectory(name)
          let source = fixture.local(repository: "\(name).git")
          if level == 10 {
            try await client.export(source, commit: commit, to: directory)
            #expect(Files.exists("\(directory)/\(Array(repeating: "in", count: 10).joined(separator: "/"))/README.md"))
          } else {
            try await record.add(
              "too deep", waitingFor: { try await client.export(source, commit: commit, to: directory) })
          }
        }
        commit = try await fixture.repository.commit(
          [".gitmodules": modules(["in": "/etc"]), "in": .submodule(commit)], on: "disk")
        try await record.add(
          "a server's repository that leads onto the disk",
          waitingFor: {
            try await client.export(
              fixture.remote(server, token: .variable("TOKEN")), commit: commit, to: try fixture.emptyDirectory("disk"))
          })
        let source = fixture.remote(server, repository: "level2.git", token: .variable("TOKEN"))
        commit = try await GitRepository.create("\(fixture.root)/level2.git").id(of: "main")
        try await record.add(
          "a server that wants to know who asks",
          waitingFor: { try await client.export(source, commit: commit, to: try fixture.emptyDirectory("refused")) })
      }
      #expect(!record.text.contains(Self.token))
      #expect(try record.isOnRecord(as: "submodules-deep", beside: #filePath, replacing: [(fixture.directory, "DIR")]))
    }
  }
}
