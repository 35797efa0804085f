import FoundationEssentials
import Glibc
import Model
import Platform
import TestSupport
import Testing

@Suite("bundle export and import")
struct BundleTests {
  /// A project with an index package, its dependency, one that the index has as source alone, and a git module; with a bundle of it.
  private static func withBundle(_ test: (Scenario, _ digest: String) async throws -> Void) async throws {
    try await Scenario.with { scenario in
      var source = PythonProject("sourced", "3.0")
      source.isSdist = true
      try scenario.index.publish(PythonProject("alpha", "1.0", requires: ["beta"]), PythonProject("beta"), source)
      _ = try await scenario.repository("link", PythonProject("my-link", "1.2.3"))
      try scenario.moduleSet(
        """
        a: {module: alpha, pip_name: alpha}
        s: {module: sourced, pip_name: sourced}
        l: {module: my_link, pip_name: "\(scenario.gitRequirement("link", "@main"))"}
        """)
      try await scenario.succeeds("lock")
      let text = try await scenario.succeeds("bundle", "export", "demo.bundle")
      let digest = try FileDigest.sha256("\(scenario.project)/demo.bundle")
      #expect(text.contains("4 wheels for demo, 2 of them built") && text.contains("sha256 \(digest)."), "\(text)")
      try await test(scenario, digest)
    }
  }

  /// Another host: a fresh state directory, and no server, no uv and no git any more.
  private static func isolate(_ scenario: Scenario) throws -> [String: String] {
    scenario.index.stop()
    scenario.git.stop()
    try Files.remove(scenario.state.root)
    let bin = "\(scenario.directory)/bin"
    try Files.makeDirectory(bin)
    try Files.link("\(bin)/python3", to: Files.realPath(scenario.tools.plainPython) ?? "")
    return ["PATH": "\(bin):/usr/bin:/bin"]
  }

  private static let program = "import alpha, beta, my_link, sourced; print(alpha.run(), my_link.run(), sourced.run())"

  @Test func aHostWithoutANetworkAppliesWhatABundleBrings() async throws {
    try await Self.withBundle { scenario, digest in
      // The same again has the same bytes.
      try await scenario.succeeds("bundle", "export", "again.bundle")
      #expect(try FileDigest.sha256("\(scenario.project)/again.bundle") == digest)
      // A standard container.
      let listed = try await scenario.run("/bin/tar", "tf", "demo.bundle").split(separator: "\n")
      #expect(listed.count == 6 && listed.prefix(2) == ["index.json", "pylock.toml"] && listed[2].hasPrefix("wheels/"))
      let variables = try Self.isolate(scenario)
      #expect(try await scenario.pinion("apply", "--locked", with: variables).status == 1)
      let text = try await scenario.succeeds("bundle", "import", "demo.bundle", "--sha256", digest, with: variables)
      try scenario.expectRecorded(text, named: "bundle-import")
      // What is imported and not applied yet is nobody's to collect.
      #expect(try await scenario.succeeds("gc", "--keep", "1", with: variables).contains("Freed 0 bytes"))
      try await scenario.succeeds("apply", "--locked", with: variables)
      #expect(try await scenario.pinion("verify", "--deep").status == 0)
      #expect(try await scenario.python(Self.program) == "1.0 1.2.3 3.0\n")
      #expect(try await scenario.succeeds("apply", "--locked", with: variables).contains("up to date"))
      // Twice does no harm.
      try await scenario.succeeds("bundle", "import", "demo.bundle", with: variables)
      #expect(try await scenario.pinion("verify", "--deep").status == 0)
    }
  }

  /// What a lockfile can name besides: a wheel and a source archive by URL, a directory, a directory of a repository.
  @Test func everyKindOfSourceIsCarried() async throws {
    try await Scenario.with { scenario in
      var source = PythonProject("sourced", "0.3")
      source.isSdist = true
      try scenario.index.publish(PythonProject("alpha", "1.0"), source)
      try scenario.writeTree(PythonProject("local-one", "0.1"), to: "local one")
      _ = try await scenario.repository("mono", PythonProject("inner-link", "2.0"), in: "packages/inner")
      let files = "http://127.0.0.1:\(scenario.index.port)/files"
      try scenario.moduleSet(
        """
        a: {module: alpha, pip_name: "\(files)/alpha-1.0-py3-none-any.whl"}
        s: {module: sourced, pip_name: "sourced @ \(files)/sourced-0.3.tar.gz"}
        d: {module: local_one, pip_name: "./local one"}
        i: {module: inner_link, pip_name: "\(scenario.gitRequirement("mono", "@main#subdirectory=packages/inner"))"}
        """)
      // It may have been applied here before: what is exported is the same.
      try await scenario.succeeds("apply")
      let text = try await scenario.succeeds("bundle", "export", "demo.bundle")
      #expect(text.contains("4 wheels for demo, 3 of them built"), "\(text)")
      let variables = try Self.isolate(scenario)
      let outcome = try await scenario.pinion("bundle", "import", "demo.bundle", with: variables)
      #expect(outcome.errorOutput.contains("inner-link, local-one, sourced came built"), "\(outcome.text)")
      try await scenario.succeeds("apply", "--locked", with: variables)
      #expect(
        try await scenario.python("import alpha, sourced, local_one, inner_link; print(inner_link.run())") == "2.0\n")
      #expect(try await scenario.pinion("verify", "--deep").status == 0)
    }
  }

  @Test func theLockfileComesAlongWhereThereIsNone() async throws {
    try await Self.withBundle { scenario, digest in
      let lockfile = try scenario.lockfile()
      let variables = try Self.isolate(scenario)
      try Files.remove("\(scenario.project)/pylock.demo.toml")
      let outcome = try await scenario.pinion("bundle", "import", "demo.bundle", with: variables)
      #expect(outcome.status == 0, "\(outcome.text)")
      try scenario.expectRecorded(outcome.errorOutput, named: "bundle-on-trust")
      #expect(try scenario.lockfile() == lockfile)
      try await scenario.succeeds("apply", "--locked", with: variables)
      #expect(try await scenario.python(Self.program) == "1.0 1.2.3 3.0\n")
      let json = try await scenario.succeeds(
        "bundle", "import", "demo.bundle", "--format", "json", "--sha256", digest.uppercased(), with: variables)
      try scenario.expectRecorded(json.replacing(/"size" : [0-9]+/, with: "\"size\" : SIZE"), named: "bundle-json")
    }
  }

  /// Writes a tar archive out of members, in their order.
  private static func archive(_ members: [(String, [UInt8])], to name: String, _ scenario: Scenario) async throws {
    let directory = "\(scenario.directory)/members"
    try Files.makeDirectory(directory)
    var arguments = [String]()
    for (index, member) in members.enumerated() {
      try Files.write(member.1, to: "\(directory)/\(index)")
      arguments += ["\(index)", member.0]
    }
    let program = """
      import sys, tarfile
      target, directory, *pairs = sys.argv[1:]
      with tarfile.open(target, "w", format=tarfile.USTAR_FORMAT) as archive:
          for number, name in zip(pairs[::2], pairs[1::2]):
              data = open(f"{directory}/{number}", "rb").read()
              info = tarfile.TarInfo(name)
              info.size = len(data)
              import io
              archive.addfile(info, io.BytesIO(data))
      # Python fills archives up to 10 KiB.
      data = open(target, "rb").read().rstrip(b"\\0")
      data += bytes(-len(data) % 512 + 1024)
      open(target, "wb").write(data)
      """
    let tool = CommandLineTool(
      scenario.tools.plainPython, environment: scenario.environment, workingDirectory: scenario.project)
    let outcome = try await tool.run(["-c", program, name, directory] + arguments)
    #expect(outcome.status == 0, "\(outcome.text)")
  }

  /// The members of an archive, by their names, in order.
  private static func members(of name: String, _ scenario: Scenario) async throws -> [(String, [UInt8])] {
    let names = try await scenario.run("/bin/tar", "tf", name).split(separator: "\n").map(String.init)
    try await scenario.run("/bin/tar", "xf", name, "-C", scenario.directory)
    return try names.map { ($0, try Files.read("\(scenario.directory)/\($0)")) }
  }

  @Test func whatIsDamagedOrForeignIsRefusedAsAWhole() async throws {
    try await Self.withBundle { scenario, _ in
      let good = try Files.read("\(scenario.project)/demo.bundle")
      let members = try await Self.members(of: "demo.bundle", scenario)
      let variables = try Self.isolate(scenario)
      var text = ""
      func refused(_ title: String, _ arguments: String...) async throws {
        let outcome = try await scenario.tool(variables).run(["bundle", "import", "bad.bundle"] + arguments)
        #expect(outcome.status == 1, "\(title): \(outcome.text)")
        // What interpreters say of themselves is kept, whatever becomes of the bundle.
        let kept = Files.exists(scenario.state.cache) ? try Files.list(scenario.state.cache) : []
        #expect(!Files.exists(scenario.state.store) && kept.allSatisfy { $0 == "interpreters" }, "\(title)")
        #expect(try Files.list(scenario.state.staging) == [])
        text += "# \(title)\n\(outcome.text)\n"
      }
      func write(_ bytes: [UInt8]) throws { try Files.write(bytes, to: "\(scenario.project)/bad.bundle") }
      func write(_ members: [(String, [UInt8])]) async throws {
        try await Self.archive(members, to: "bad.bundle", scenario)
      }
      func index(_ edit: (String) -> String) -> (String, [UInt8]) {
        ("index.json", Array(edit(String(decoding: members[0].1, as: UTF8.self)).utf8))
      }
      var bytes = good
      // In the middle of the last wheel.
      bytes[good.count - 1024 - 600] ^= 1
      try write(bytes)
      try await refused("a damaged wheel")
      bytes = good
      bytes[3] ^= 1
      try write(bytes)
      try await refused("a damaged header")
      try write(good)
      try await refused("another digest than asked for", "--sha256", String(repeating: "0", count: 64))
      for (title, count) in [
        ("nothing", 0), ("cut in the index", 700), ("cut in a wheel", good.count - 1500),
        ("without its end", good.count - 1024),
        ("cut in its end", good.count - 512),
      ] {
        try write(Array(good.prefix(count)))
        try await refused(title)
      }
      try write(good + [1])
      try await refused("with something behind its end")
      try write(Array("PK not at all a tar archive".utf8))
      try await refused("no archive")
      try await write(members + [("evil.py", [1])])
      try await refused("a file that is not in the index")
      for name in ["../evil", "/etc/evil", "wheels/../../evil.whl"] {
        try await write(Array(members.prefix(2)) + [(name, members[2].1)] + Array(members.dropFirst(3)))
        try await refused("a file called \(name)")
      }
      try await write(Array(members.dropLast()))
      try await refused("a wheel too few")
      try await write(Array(members.dropFirst()))
      try await refused("no index")
      try await write([members[0]] + Array(members.dropFirst(2)))
      try await refused("no lockfile")
      try await write([members[0], ("pylock.toml", members[1].1 + [10])] + Array(members.dropFirst(2)))
      try await refused("another lockfile than the index says")
      try await write([("index.json", Array("{".utf8))] + Array(members.dropFirst()))
      try await refused("an index that is none")
      try await write([("index.json", [UInt8](repeating: 32, count: 16 << 20 + 1))] + Array(members.dropFirst()))
      try await refused("an index without end")
      try await write(
        [index { $0.replacing("\"formatVersion\":1", with: "\"formatVersion\":2") }] + Array(members.dropFirst()))
      try await refused("a newer format")
      try await write([index { $0.replacing("my_link-1.2.3", with: "../my_link-1.2.3") }] + Array(members.dropFirst()))
      try await refused("a wheel whose name is a path")
      try await write([index { $0.replacing("my_link-1.2.3", with: "my_link-9") }] + Array(members.dropFirst()))
      try await refused("a built wheel of another version")
      try await write([index { $0.replacing("py3-none-any", with: "py2-none-any") }] + Array(members.dropFirst()))
      try await refused("wheels for another Python")
      try await write(
        [index { $0.replacing("\"identity\":\"git:", with: "\"identity\":\"git:0") }] + Array(members.dropFirst()))
      try await refused("another commit")
      try Files.remove("\(scenario.project)/bad.bundle")
      try await refused("none at all")
      try scenario.expectRecorded(
        text.replacing(/Python 3\.[0-9]+/, with: "Python 3.X").replacing(
          /on linux-[a-z0-9_]+/, with: "on linux-MACHINE"),
        named: "complaints-bundles")
    }
  }

  /// Whoever makes a bundle can put a wheel of his own in the place of one that the lockfile fixes, and say so in its index.
  @Test func aWheelThatTheLockfileDoesNotMeanIsRefused() async throws {
    try await Self.withBundle { scenario, _ in
      var members = try await Self.members(of: "demo.bundle", scenario)
      let evil = WheelFixture("alpha", "1.0", files: ["alpha/__init__.py": "evil = 1"]).bytes()
      let digest = Digest.sha256(evil)
      let text = String(decoding: members[0].1, as: UTF8.self)
      let old = try Self.digest(of: "alpha", in: text)
      let place = try #require(members.indices.dropFirst(2).first { members[$0].0.contains(old) })
      let size = members[place].1.count
      members[place] = ("wheels/\(digest).whl", evil)
      members[0].1 = Array(
        text.replacing(
          "\"sha256\":\"\(old)\",\"size\":\(size)", with: "\"sha256\":\"\(digest)\",\"size\":\(evil.count)"
        ).utf8)
      try await Self.archive(members, to: "bad.bundle", scenario)
      let variables = try Self.isolate(scenario)
      let outcome = try await scenario.pinion("bundle", "import", "bad.bundle", with: variables)
      #expect(outcome.status == 1)
      #expect(!Files.exists(scenario.state.store))
      try scenario.expectRecorded(outcome.errorOutput, named: "bundle-foreign-wheel")
    }
  }

  private static func digest(of distribution: String, in index: String) throws -> String {
    struct Index: Decodable {
      struct Wheel: Decodable { var distribution, sha256: String }
      var wheels: [Wheel]
    }
    let decoded = try JSONDecoder().decode(Index.self, from: Data(index.utf8))
    return try #require(decoded.wheels.first { $0.distribution == distribution }).sha256
  }

  @Test func whatDoesNotBelongTogetherIsRefused() async throws {
    try await Self.withBundle { scenario, _ in
      var text = ""
      func refused(_ title: String, status: Int32 = 1, _ arguments: String...) async throws {
        let outcome = try await scenario.tool().run(["bundle"] + arguments)
        #expect(outcome.status == status, "\(title): \(outcome.text)")
        text += "# \(title)\n\(outcome.text)\n"
      }
      let lockfile = try scenario.lockfile()
      try scenario.write(lockfile + "\n", to: "pylock.demo.toml")
      try await refused("another lockfile", "import", "demo.bundle")
      try Files.remove("\(scenario.project)/pylock.demo.toml")
      try await refused("nothing is locked", "export", "other.bundle")
      #expect(!Files.exists("\(scenario.project)/other.bundle"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      try await refused("another manifest", "import", "demo.bundle")
      try scenario.moduleSet("j: {module: json}", name: "other", file: "manifests/other.yaml")
      try scenario.moduleSet("j: {module: json}", name: "one", file: "manifests/one.yaml")
      try await refused("several environments", status: 64, "export", "x.bundle", "-f", "manifests")
      try await refused("export with a digest", status: 64, "export", "x.bundle", "--sha256", "0")
      try scenario.expectRecorded(text, named: "complaints-bundle-mismatches")
    }
  }
}
