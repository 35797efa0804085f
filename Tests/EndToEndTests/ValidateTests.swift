import FoundationEssentials
import Glibc
import Model
import Platform
import TestSupport
import Testing

@Suite("validate: everything at once, in every format, in bounded memory")
struct ValidateTests {
  private func with(
    _ test: (_ directory: String, _ run: ([String]) async throws -> CommandLineTool.Outcome) async throws -> Void
  )
    async throws
  {
    try await TemporaryDirectory.with { directory in
      let tool = CommandLineTool(
        "\(TestPaths.products)/pinion", environment: ["PATH": "/usr/bin:/bin", "TOKEN": "s3cr3t-value"],
        workingDirectory: directory)
      try await test(directory) { arguments in
        let outcome = try await tool.run(arguments)
        #expect(!outcome.text.contains("s3cr3t-value"))
        return outcome
      }
    }
  }

  private static let set = "apiVersion: pinion/v1\nkind: ModuleSet\n"

  private func writeBroken(_ directory: String) throws {
    try Files.makeDirectory("\(directory)/manifests")
    let texts = [
      "a.yaml": """
      \(Self.set)metadata: {name: staging}
      spec:
        pyhton: "3.12"
        policy: {pinned: require, builds: deny, sources: {deny: ["left-*"]}}
        modules:
          one: {module: one, pip_name: one}
          two: {module: two, pip_name: "git+https://${TOKEN}@git.example.com/two.git@main"}
          pad: {module: left_pad, pip_name: left-pad==1}
      """,
      "b.yml": "links:\n  one: {module: a-b}\n  two: {module: two, pip_name: \"two=>1, 50% off: now\"}\n",
      "c.yaml": "a: b: c\n", "d.yaml": "kind: Deployment\n",
    ]
    for (name, text) in texts { try Files.write(text, to: "\(directory)/manifests/\(name)") }
  }

  @Test func formatsAreOnRecord() async throws {
    try await with { directory, run in
      try writeBroken(directory)
      for format in ["text", "json", "github"] {
        let outcome = try await run(["validate", "--format", format])
        #expect(outcome.status == 1)
        let text = "\(outcome.output)--- standard error\n\(outcome.errorOutput)"
        let snapshot = Snapshot("validate-broken-\(format)", beside: #filePath)
        #expect(try snapshot.text(orRecord: text) == text)
      }
      let quiet = try await run(["validate", "--format", "github", "--quiet"])
      #expect(quiet.output.split(separator: "\n").allSatisfy { $0.hasPrefix("::error ") })
    }
  }

  @Test func annotationsEscapeWhatWouldEndThem() async throws {
    try await with { directory, run in
      try Files.write("links: {a: {module: a-b}}\n", to: "\(directory)/100%, a:b.yaml")
      let outcome = try await run(["validate", "-f", "100%, a:b.yaml", "--format", "github"])
      #expect(
        outcome.output
          == "::error file=100%25%2C a%3Ab.yaml,line=1,col=21::'a-b' is no import path%0Atry: an import path has '_' where "
          + "'-' stands: write 'a_b'\n")
      #expect(outcome.errorOutput == "")
      // Other commands do not write it.
      let plan = try await run(["plan", "--format", "github"])
      #expect(plan.status == 64 && plan.errorOutput.contains("this command does not write github"))
    }
  }

  /// Many warnings: the first are shown, the others counted, and all of it in time.
  @Test(.timeLimit(.minutes(3))) func manyWarnings() async throws {
    try await with { directory, run in
      let entries = (0..<5_000).map {
        "  a\($0):\n    module: a\($0).b\n    pip_name: a\($0)\n    options:\n      x: 1\n"
      }
      try Files.write("links:\n" + entries.joined(), to: "\(directory)/config.yml")
      let outcome = try await run(["validate"])
      #expect(outcome.status == 0 && outcome.output.contains("5000 modules: valid"))
      #expect(outcome.errorOutput.hasSuffix("warning: 4000 more warnings are not shown\n"))
      #expect(outcome.errorOutput.contains("  2 |   a0:\n    |   ^\n"))
      let quiet = try await run(["validate", "--quiet"])
      #expect(quiet.status == 0 && quiet.errorOutput == "")
    }
  }

  /// The caret stands below the place in the line as it is shown: with hidden parts, wide characters and a line cut short.
  @Test func caretsStandBelowTheirPlaces() async throws {
    try await with { directory, run in
      let text = """
        links:
            a: {module: a.b, pip_name: "git+https://ghp_abcd1234efgh@github.com/organisation/repository.git@a..b"}
        pinion:
          modules:
            b: {module: a.b, options: {x: y}, nope: 1}
            x\u{65E5}\u{672C}: {module: b.c, pip_name: "\u{65E5}\u{672C}=1"}
            e\u{301}: {module: c-d}
            l: {module: "\(String(repeating: "a", count: 300))", nope: 1}

        """
      try Files.write(text, to: "\(directory)/config.yml")
      let outcome = try await run(["validate"])
      #expect(outcome.status == 1 && !outcome.text.contains("ghp_"))
      let snapshot = Snapshot("validate-carets", beside: #filePath)
      #expect(try snapshot.text(orRecord: outcome.errorOutput) == outcome.errorOutput)
    }
  }

  /// An include may name anybody's file: nothing of one that is no manifest is shown, in no format.
  @Test(arguments: ["sk-T0PSECRET", "abc: T0PSECRET: x", "T0PSECRET: {", "- T0PSECRET\n- \"x"])
  func whatIsNoManifestIsNotShown(content: String) async throws {
    try await with { directory, run in
      try Files.write(content, to: "\(directory)/token")
      try Files.write(
        "apiVersion: pinion/v1\nkind: ModuleSet\nmetadata: {name: a}\nspec: {include: [token]}\n",
        to: "\(directory)/pinion.yaml")
      for format in ["text", "json", "github"] {
        let outcome = try await run(["validate", "--format", format])
        #expect(outcome.status == 1 && outcome.text.contains("token"), "\(outcome.text)")
        #expect(!outcome.text.contains("T0PSECRET"), "\(outcome.text)")
      }
    }
  }

  @Test func environmentsArePicked() async throws {
    try await with { directory, run in
      try Files.write(
        "\(Self.set)metadata: {name: staging}\nspec: {}\n---\n\(Self.set)metadata: {name: production}\nspec: {}\n",
        to: "\(directory)/pinion.yaml")
      let all = try await run(["validate"])
      #expect(all.output.split(separator: "\n").count == 2)
      let one = try await run(["validate", "--environment", "production"])
      #expect(one.output == "pinion.yaml: environment production, 0 modules: valid\n")
      let typo = try await run(["validate", "--environment", "stagging"])
      #expect(typo.status == 64)
      #expect(
        typo.errorOutput == """
          error: no manifest declares the environment stagging
            why: declared are staging, production
            try: did you mean 'staging'?

          """)
    }
  }

  @Test func theHostsFileIsFound() async throws {
    try await with { directory, run in
      try Files.write(
        "\(Self.set)metadata: {name: a}\nspec: {policy: {builds: allow}}\n", to: "\(directory)/pinion.yaml")
      try Files.write(
        "apiVersion: pinion/v1\nkind: HostPolicy\nspec: {policy: {builds: deny}}\n", to: "\(directory)/host.yaml")
      #expect(try await run(["validate"]).status == 0)
      let named = try await run(["validate", "--host-policy", "host.yaml"])
      #expect(
        named.status == 1 && named.errorOutput.contains("is looser than the host's `builds: deny` at host.yaml:3:25"))
      let byVariable = CommandLineTool(
        "\(TestPaths.products)/pinion", environment: ["PINION_HOST_POLICY": "\(directory)/host.yaml"],
        workingDirectory: directory)
      #expect(try await byVariable.run(["validate"]).status == 1)
      // The option goes before the variable.
      try Files.write("apiVersion: pinion/v1\nkind: HostPolicy\nspec: {}\n", to: "\(directory)/lenient.yaml")
      #expect(try await byVariable.run(["validate", "--host-policy", "lenient.yaml"]).status == 0)
      let absent = try await run(["validate", "--host-policy", "nowhere.yaml"])
      #expect(absent.status == 1 && absent.errorOutput.contains("there is no host policy 'nowhere.yaml'"))
      // Other commands that read manifests hold to it as well.
      #expect(try await run(["lock", "--host-policy", "host.yaml"]).errorOutput.contains("is looser than the host's"))
    }
  }

  /// With at most 700 MB of addresses: what would take more could not answer.
  @Test func memoryIsBounded() async throws {
    try await with { directory, _ in
      let pinion = "\(TestPaths.products)/pinion"
      let shell = CommandLineTool("/bin/sh", environment: ["PATH": "/usr/bin:/bin"], workingDirectory: directory)
      let size = 16 * 1024 * 1024
      let nested = "links: {x: " + String(repeating: "[", count: size - 20)
      let wide = "links: {x: [" + String(repeating: "a,", count: size / 2 - 10) + "]}"
      let lines = "links:\n" + String(repeating: "\n", count: size - 10)
      for (name, text) in [("nested.yml", nested), ("wide.yml", wide), ("lines.yml", lines)] {
        try Files.write(text, to: "\(directory)/\(name)")
      }
      try #require(symlink("/dev/zero", "\(directory)/zero.yml") == 0)
      try #require(mkfifo("\(directory)/pipe.yml", 0o644) == 0)
      for (name, words) in [
        ("nested.yml", "nested more than 100 levels deep"), ("wide.yml", "more than 500000 nodes"),
        ("lines.yml", ": valid"),
        ("zero.yml", "this is a device"), ("pipe.yml", "this is a named pipe"),
      ] {
        let outcome = try await shell.run(["-c", "ulimit -v 700000; exec \"$0\" validate -f \(name)", pinion])
        #expect(outcome.status == (words == ": valid" ? 0 : 1), "\(name): \(outcome.text.prefix(500))")
        #expect(outcome.text.contains(words), "\(name): \(outcome.text.prefix(500))")
      }
    }
  }
}
