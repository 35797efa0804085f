import Testing

/// The rules themselves: each finds what it is there for, and nothing else.
@Suite struct RuleTests {
  @Test(arguments: [
    ("Sources/Manifests/A.swift", "import Git", ["1: Manifests may not import Git"]),
    ("Sources/Git/A.swift", "public import GitWire\ninternal import CGit2", ["2: Git may not import CGit2"]),
    ("Sources/Model/A.swift", "import struct Platform.Files", ["1: Model may not import Platform"]),
    ("Sources/Model/A.swift", "@preconcurrency import Crypto", []),
    ("Sources/pinion/A.swift", "import Reconciliation // everything", []),
    ("Sources/Model/A.swift", "let text = \"\"\"\n  import os\n  \"\"\"\nimport Git", ["4: Model may not import Git"]),
    (
      "Sources/Model/A.swift", "let text = #\"\"\"\n\"\"\"doc\nimport os\n\"\"\"#\nimport Git",
      ["5: Model may not import Git"]
    ),
    ("Sources/Unknown/A.swift", "import Glibc", ["1: the target Unknown has no import rules: add it to ImportRules"]),
    ("Tests/GitTests/A.swift", "import Testing", []),
  ])
  func `imports`(path: String, text: String, expected: [String]) {
    let found = ImportRules.violations(SourceFile(path: path, text: text))
    #expect(found.map(\.description) == expected.map { "\(path):\($0)" })
  }

  @Test func `dependencies of the package`() {
    let text = """
      targets: [
        .target(
          name: "Manifests", dependencies: ["Model", "Git", .product(name: "Crypto", package: "swift-crypto")],
          swiftSettings: strict),
        .target(name: "Network", dependencies: [.product(name: "NIOCore", package: "swift-nio"), "Installation"]),
      ]
      """
    let found = ImportRules.violations(package: SourceFile(path: "Package.swift", text: text)).map(\.description)
    #expect(
      found == [
        "Package.swift:2: Manifests may not depend on Git", "Package.swift:5: Network may not depend on Installation",
      ])
  }

  @Test(arguments: [
    ("Sources/Git/A.swift", "let x = mkdir(path, 0o700)\n", ["1: mkdir goes past FileCalls"]),
    ("Sources/Git/A.swift", "Glibc.rename(a, b)\nFiles.rename(a, to: b)", ["1: rename goes past FileCalls"]),
    (
      "Sources/Git/A.swift", "open(path, O_RDONLY)\nopen(path, O_RDWR | O_CREAT, 0o600)",
      ["2: open goes past FileCalls"]
    ),
    ("Sources/Git/A.swift", "FileCalls.open(path, O_RDWR)\nfunc truncate() {}\n// unlink(path)", []),
    ("Sources/Platform/FileCalls.swift", "Glibc.unlink(path)", []),
    ("Sources/pinion-git/A.swift", "unlink(path)", []),
  ])
  func `changes of files`(path: String, text: String, expected: [String]) {
    let found = SeamRules.violations(SourceFile(path: path, text: text))
    #expect(found.map(\.description) == expected.map { "\(path):\($0)" })
  }

  @Test func `faults in builds for use`() {
    func found(_ text: String) -> Int { SeamRules.violations(faults: SourceFile(path: "A.swift", text: text)).count }
    #expect(found("#if DEBUG\n  enum A {}\n#endif\n") == 0)
    #expect(found("#if DEBUG\n  enum A {}\n#else\n  enum A {}\n#endif\n") == 1)
    #expect(found("let a = 1\n#if DEBUG\n#endif\n") == 1)
  }

  @Test(arguments: zip(TextRules.forbidden.map(\.word), ["// %: later", "// %", "%()", "%  run()", "x %  Y", "%"]))
  func `forbidden words`(word: String, line: String) {
    let file = SourceFile(path: "Sources/Model/A.swift", text: "\n" + line.replacing("%", with: word))
    #expect(TextRules.violations(file).map(\.line) == [2])
    // Part of a longer word, or in a document, it is none.
    let longer = SourceFile(path: "Sources/Model/A.swift", text: line.replacing("%", with: "x\(word)"))
    #expect(TextRules.violations(longer).isEmpty)
    #expect(TextRules.violations(SourceFile(path: "docs/a.md", text: word)).isEmpty)
  }

  @Test func `the essentials are not the whole`() {
    let file = SourceFile(path: "Sources/Model/A.swift", text: "internal import FoundationEssentials")
    #expect(TextRules.violations(file).isEmpty)
  }

  @Test func `length`() {
    let fits = SourceFile(path: "Sources/Model/A.swift", text: String(repeating: "\n", count: TextRules.longest))
    #expect(TextRules.violations(fits).isEmpty)
    let long = SourceFile(path: "Sources/Model/A.swift", text: String(repeating: "\n", count: TextRules.longest + 1))
    #expect(TextRules.violations(long).map(\.line) == [401])
  }

  @Test(arguments: TextRules.registryHosts)
  func `hosts of registries`(host: String) {
    let file = SourceFile(path: "docs/a.md", text: "# Title\nfrom https://\(host)/simple")
    #expect(TextRules.violations(file).map(\.line) == [2])
  }

  @Test func `decision records`() {
    let good = "# 0007: Links\n\n## Context\na\n## Decision\nb\n## Consequences\nc\n"
    #expect(DocumentRules.violations(record: SourceFile(path: "docs/decisions/0007-links.md", text: good)).isEmpty)
    let bad = "# Links\n\n## Decision\nb\n## Context\na\n"
    let found = DocumentRules.violations(record: SourceFile(path: "docs/decisions/links.md", text: bad))
    #expect(found.count == 4)
  }

  @Test func `commands, in documents and messages`() {
    let source = SourceFile(
      path: "Sources/pinion/A.swift",
      text: "commandName: \"apply\"\ncommandName: \"gc\", hint: \"clean up: pinion prune\"")
    let commands = DocumentRules.commands([source])
    #expect(commands.map(\.name) == ["apply", "gc"])
    let readme = SourceFile(path: "README.md", text: "Run `pinion apply`.")
    #expect(DocumentRules.violations(commands: commands, documents: [readme]).map(\.line) == [2])
    let messages = DocumentRules.violations(messages: source, commands: Set(commands.map(\.name)))
    #expect(messages.map(\.line) == [2])
  }

  @Test(arguments: [
    ("[a](architecture.md)", true), ("[a](../README.md#words)", true), ("[a](decisions)", true),
    ("[a](https://example.com/x)", true), ("[a](#words)", true), ("[a](README.md)", false),
  ])
  func `links`(text: String, isGood: Bool) {
    let paths: Set = ["README.md", "docs/architecture.md", "docs/decisions/0001-a.md"]
    let found = DocumentRules.violations(links: SourceFile(path: "docs/json.md", text: text), paths: paths)
    #expect(found.isEmpty == isGood)
  }
}
