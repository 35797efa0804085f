import Glibc
import Model
import Platform
import TestSupport
import Testing

@Suite("No secret ends up anywhere")
struct SecretTests {
  private static let indexToken = "idx_T0pSecretIndexToken4711"

  @Test func notInFilesNorOutputNorProcessLists() async throws {
    var options = IndexServer.Options()
    options.token = Self.indexToken
    try await Scenario.with(index: options) { scenario in
      try scenario.index.publish(PythonProject("alpha", requires: ["beta"]), PythonProject("beta"))
      var project = PythonProject("my-link", requires: ["beta"])
      // Whoever builds sees no secret either.
      project.onBuild = """
        import os
        assert not any('T0pSecret' in value for value in os.environ.values()), 'a secret in the environment'
        import time; time.sleep(0.3)
        """
      _ = try await scenario.repository("link", project)
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\nl: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}",
        spec: "indexes: [{name: own, url: \"http://user:${INDEX_TOKEN}@127.0.0.1:\(scenario.index.port)/simple\"}]")
      let variables = ["INDEX_TOKEN": Self.indexToken, "PIP_INDEX_URL": ""]

      let watcher = ProcessWatcher()
      let watching = Task { await watcher.watch(for: "T0pSecret") }
      for arguments in [
        ["validate", "-v"], ["lock", "-v"], ["plan", "-v"], ["apply", "-v"], ["status", "--format", "json"],
        ["apply", "--upgrade", "-v"], ["plan", "--format", "json"],
      ] {
        let outcome = try await scenario.tool(variables).run(arguments)
        #expect(outcome.status == 0, "\(arguments) said:\n\(outcome.text)")
        #expect(!outcome.text.contains("T0pSecret"), "\(arguments)")
      }
      watching.cancel()
      let seen = await watching.value
      #expect(seen == [])
      #expect(await watcher.count > 0)

      let found = try await CommandLineTool(
        "/usr/bin/env", environment: scenario.environment, workingDirectory: scenario.project
      ).run(["grep", "-rla", "T0pSecret", "."])
      #expect(found.output == "")
      #expect(found.status == 1)
      let requests = try scenario.index.requests()
      #expect(requests.contains { $0.hasSuffix("200 with-credentials") })
      #expect(try scenario.lockfile().contains("http://127.0.0.1:\(scenario.index.port)/files/alpha"))
    }
  }

  /// Code that a lock runs looks wherever it can: variables, arguments and variables of all that started it, its home.
  @Test func notWhereUvOrABackEndLooks() async throws {
    try await Scenario.with { scenario in
      let tool = try UvRecorder(scenario)
      let dump = """
        import os
        with open(r'\(scenario.directory)/dump', 'ab') as out:
            out.write(repr(dict(os.environ)).encode())
            pid = os.getpid()
            while pid > 0 and pid != \(getpid()):
                for name in ('cmdline', 'environ'):
                    try:
                        with open(f'/proc/{pid}/{name}', 'rb') as source: out.write(source.read())
                    except PermissionError:
                        out.write(b'no right to ' + name.encode())
                with open(f'/proc/{pid}/stat') as source: pid = int(source.read().rpartition(')')[2].split()[1])
            for root in (os.path.expanduser('~'), os.environ['TMPDIR'], os.getcwd()):
                for directory, _, names in os.walk(root):
                    for name in names:
                        path = os.path.join(directory, name)
                        out.write(path.encode())
                        if os.path.isfile(path):
                            with open(path, 'rb') as source: out.write(source.read())
            out.write(b'the end')
        """
      var project = PythonProject("my-link", requires: ["beta"])
      project.onBuild = dump
      _ = try await scenario.repository("link", project)
      var source = PythonProject("beta")
      source.isSdist = true
      source.onBuild = dump
      try scenario.index.publish(source)
      // The user's own home has secrets as well.
      for name in [".netrc", ".pypirc", ".git-credentials"] {
        try Files.write("\(Self.indexToken)\n", to: "\(scenario.directory)/home/\(name)", mode: 0o600)
      }
      try scenario.moduleSet("l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}")
      let planted = ["SOME_SECRET": Self.indexToken, "UV_INDEX_TOKEN": Self.indexToken]
      try await scenario.succeeds("lock", with: tool.variables.merging(planted) { $1 })
      let dumped = String(decoding: try Files.read("\(scenario.directory)/dump"), as: UTF8.self)
      #expect(dumped.split(separator: "the end", omittingEmptySubsequences: true).count >= 2)
      // What it looked at was there: uv's arguments. Of Pinion itself it sees nothing, not even as root.
      #expect(dumped.contains("--no-config") && dumped.contains("no right to environ"))
      #expect(!dumped.contains("SOME_SECRET"))
      #expect(!dumped.contains("T0pSecret"))
      let started = try tool.starts().joined(separator: "\n")
      #expect(started.contains("pip compile") && !started.contains("T0pSecret"))
      let seen = try tool.seen()
      #expect(seen.contains("UV_DEFAULT_INDEX=") && !seen.contains("T0pSecret") && !seen.contains("SOME_SECRET"))
    }
  }

  /// What goes wrong between here and a git server, whichever way the token came in.
  @Test func notOnAnyFailurePath() async throws {
    try await Scenario.with { scenario in
      var failing = PythonProject("failing")
      failing.onBuild = "import sys; sys.exit('no wheel today')"
      _ = try await scenario.repository("link", failing)
      let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
      let pointers = try await scenario.repository("pointers", PythonProject("pointers"))
      try await pointers.commit([".gitattributes": "*.bin filter=lfs\n", "model.bin": .file(pointer)])
      let nested = try await scenario.repository("nested", PythonProject("nested"))
      try await nested.commit([
        ".gitmodules": "[submodule \"in\"]\n\tpath = in\n\turl = ../link.git\n",
        "in": .submodule(String(repeating: "1", count: 40)),
      ])
      let modes: [GitServer.Mode] = [
        .refuse, .fail, .close, .silent, .web, .spoils(.references, .drip), .spoils(.pack, .cut),
        .redirect(scenario.git.url()), .redirectAfterToken(scenario.git.url(host: "localhost")),
      ]
      var requests = [(scenario.git.port, "link.git"), (scenario.git.port, "link.git@absent")]
      requests += ["absent.git", "pointers.git", "nested.git"].map { (scenario.git.port, $0) }
      let servers = try modes.map {
        try GitServer.start(root: scenario.repositories, token: Scenario.token, mode: $0)
      }
      defer { for server in servers { server.stop() } }
      requests += servers.map { ($0.port, "link.git") }
      let secret = "\(scenario.directory)/secret"
      try Files.write(Scenario.token, to: secret, mode: 0o600)
      try Files.write(
        "machine 127.0.0.1 login me password \(Scenario.token)\n", to: "\(scenario.directory)/home/.netrc")

      let watcher = ProcessWatcher()
      let watching = Task { await watcher.watch(for: "T0pSecret") }
      for (number, (port, repository)) in requests.enumerated() {
        // Each way in by turns: user info, a variable, a file, netrc.
        let user = number % 4 == 0 ? "${GIT_TOKEN}@" : ""
        let declared = number % 4 == 1 ? "token: \"${GIT_TOKEN}\"" : "tokenFile: \"\(secret)\""
        let spec =
          (1...2).contains(number % 4)
          ? "git: {credentials: [{host: \"127.0.0.1:\(port)\", path: \"\(repository.split(separator: "@")[0])\", \(declared)}]}"
          : ""
        try scenario.moduleSet(
          "l: {module: link, pip_name: \"git+http://\(user)127.0.0.1:\(port)/\(repository)\"}", spec: spec)
        let outcome = try await scenario.tool().run(["lock", "-v", "--git-timeout", "1s"])
        #expect(outcome.status == 1 && outcome.errorOutput.contains("error:"), "\(repository) said:\n\(outcome.text)")
        #expect(!outcome.text.contains("T0pSecret"), "\(repository) said:\n\(outcome.text)")
      }
      watching.cancel()
      let seen = await watching.value
      #expect(seen == [])
      let found = try await CommandLineTool(
        "/usr/bin/env", environment: scenario.environment, workingDirectory: scenario.project
      ).run(["grep", "-rla", "T0pSecret", "."])
      #expect(found.output == "" && found.status == 1)
    }
  }

  /// Another process of the same user reads `/proc/PID/environ`, code that a build runs included.
  @Test func notInTheEnvironmentOfAnyProcessOfALock() async throws {
    try await Scenario.with { scenario in
      var project = PythonProject("my-link")
      project.onBuild = """
        import os, time
        open(r'\(scenario.directory)/building', 'w').close()
        while not os.path.exists(r'\(scenario.directory)/go'): time.sleep(0.01)
        """
      _ = try await scenario.repository("link", project)
      try scenario.moduleSet("l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}")
      let running = try scenario.tool(["PIP_INDEX_URL": scenario.index.url(userInfo: "user:\(Self.indexToken)")])
        .start(["lock"])
      for _ in 0..<6_000 where !Files.exists("\(scenario.directory)/building") {
        try await Task.sleep(for: .milliseconds(10))
      }
      let said = try running.errorOutputSoFar()
      try #require(Files.exists("\(scenario.directory)/building"), "nothing is built: \(said)")
      var names: Set<String> = []
      for pid in ProcessFamily(of: running.pid).members.keys {
        let environment = String(decoding: try Files.read("/proc/\(pid)/environ"), as: UTF8.self)
        names.insert((Files.linkTarget("/proc/\(pid)/exe") ?? "").lastPathComponent)
        #expect(!environment.contains("T0pSecret"), "\(pid) shows it")
        // The test would see a token that is there: the names of variables stand in pinion's own.
        if pid == running.pid { #expect(environment.contains("GIT_TOKEN=") && environment.contains("LANG=C.UTF-8")) }
      }
      try Files.write("", to: "\(scenario.directory)/go")
      let outcome = try await running.outcome()
      #expect(outcome.status == 0, "it said:\n\(outcome.text)")
      #expect(names.isSuperset(of: ["pinion", "pinion-git", "uv"]), "\(names)")
      #expect(names.contains { $0.hasPrefix("python") }, "\(names)")
    }
  }

  @Test func aWrittenOutTokenIsWarnedOfAndNotKept() async throws {
    try await Scenario.with { scenario in
      _ = try await scenario.repository("link", PythonProject("my-link"))
      try scenario.moduleSet(
        "l: {module: my_link, pip_name: \"git+http://\(Scenario.token)@127.0.0.1:\(scenario.git.port)/link.git\"}")
      let outcome = try await scenario.pinion("apply", with: ["GIT_TOKEN": ""])
      #expect(outcome.status == 0, "it said:\n\(outcome.text)")
      #expect(outcome.errorOutput.contains("warning:"))
      let found = try await CommandLineTool(
        "/usr/bin/env", environment: scenario.environment, workingDirectory: scenario.project
      ).run(["grep", "-rla", Scenario.token, ".pinion", "pylock.demo.toml"])
      #expect(found.output == "")
      // Another token is no other input.
      try scenario.moduleSet("l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}")
      #expect(try await scenario.succeeds("apply", "--locked").contains("up to date"))
    }
  }

  @Test func aRefusedIndexTokenIsNotShown() async throws {
    var options = IndexServer.Options()
    options.token = Self.indexToken
    try await Scenario.with(index: options) { scenario in
      try scenario.index.publish(PythonProject("alpha"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      for userInfo in [nil, "user:wrong_T0pSecret"] {
        let text = try await scenario.fails(
          "apply", with: ["PIP_INDEX_URL": scenario.index.url(userInfo: userInfo)])
        #expect(text.contains("the package index refused the request"))
        #expect(!text.contains("T0pSecret"))
      }
      try await scenario.succeeds(
        "apply", with: ["PIP_INDEX_URL": scenario.index.url(userInfo: "user:\(Self.indexToken)")])
    }
  }
}

/// Looks again and again at the command lines of all that the tests started, as `ps` shows them.
private actor ProcessWatcher {
  /// How many command lines were read.
  private(set) var count = 0

  /// Reads until the task is cancelled; returns the command lines that hold the text.
  func watch(for text: String) async -> [String] {
    var found: Set<String> = []
    var family = ProcessFamily(of: getpid())
    while !Task.isCancelled {
      for pid in family.members.keys {
        guard let bytes = try? Files.read("/proc/\(pid)/cmdline") else { continue }
        count += 1
        let line = String(decoding: bytes, as: UTF8.self)
        // Other tests look for the same text with grep, and say it as they do.
        if line.contains(text), !line.contains("grep") { found.insert(line) }
      }
      try? await Task.sleep(for: .milliseconds(15))
      family.lookAgain()
    }
    return found.sorted()
  }
}

/// A process and all that descend from it, those whose parents have ended in the meantime included. What others run is no
/// business of a test's.
private struct ProcessFamily {
  /// When each of them started, in ticks since the host did: numbers are used again.
  private(set) var members: [Int32: String] = [:]
  private let root: Int32

  init(of root: Int32) {
    self.root = root
    lookAgain()
  }

  /// Takes in those that came, and leaves out those that went.
  mutating func lookAgain() {
    var parents: [Int32: Int32] = [:]
    var starts: [Int32: String] = [:]
    for name in (try? Files.list("/proc")) ?? [] {
      // `pid (name) state ppid …`, where the name may hold anything; the start is the 22nd word.
      guard let pid = Int32(name), let stat = try? Files.read("/proc/\(name)/stat"),
        let words = String(decoding: stat, as: UTF8.self).split(separator: ")").last?.split(separator: " "),
        words.count > 19, let parent = Int32(words[1])
      else { continue }
      parents[pid] = parent
      starts[pid] = String(words[19])
    }
    members = members.filter { starts[$0.key] == $0.value }
    var pending = [root] + members.keys
    while let next = pending.popLast() {
      members[next] = starts[next]
      pending += parents.filter { $0.value == next && members[$0.key] == nil }.keys
    }
  }
}
