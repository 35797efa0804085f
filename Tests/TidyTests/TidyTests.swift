import Testing

/// The repository as it is.
@Suite struct TidyTests {
  @Test func `targets import only what their rules allow`() {
    report(Repository.files(in: "Sources").flatMap { ImportRules.violations($0) })
  }

  @Test func `the package gives targets only what their rules allow`() throws {
    let package = try #require(Repository.read("Package.swift"))
    report(ImportRules.violations(package: package))
  }

  @Test func `the rules know every target and no other`() {
    let targets = Set(Repository.files(in: "Sources").filter(\.isSwift).compactMap(\.target))
    #expect(targets == Set(ImportRules.ours.keys))
  }

  @Test func `changes of files go through one seam`() {
    report(Repository.files(in: "Sources").flatMap { SeamRules.violations($0) })
  }

  @Test func `builds for use have no faults in them`() throws {
    let name = "PINION_FAULT"
    let holders = Repository.files(in: "Sources").filter { $0.mentions(name) || $0.mentions("enum FileFaults") }
    #expect(holders.map(\.path) == ["Sources/Platform/FileFaults.swift"])
    report(holders.flatMap { SeamRules.violations(faults: $0) })
  }

  @Test func `files are short, and free of what the rules forbid`() {
    report(Repository.files.flatMap { TextRules.violations($0) })
  }

  @Test func `decision records say context, decision and consequences`() {
    let records = Repository.files(in: "docs/decisions")
    #expect(!records.isEmpty)
    report(records.flatMap { DocumentRules.violations(record: $0) })
  }

  @Test func `every command is documented`() {
    let commands = DocumentRules.commands(Repository.files(in: "Sources/pinion"))
    #expect(!commands.isEmpty)
    let documents = Repository.files.filter { $0.path == "README.md" || $0.path.hasPrefix("docs/") }
    report(DocumentRules.violations(commands: commands, documents: documents))
  }

  @Test func `messages name commands that exist`() {
    let commands = Set(DocumentRules.commands(Repository.files(in: "Sources/pinion")).map(\.name))
    let sources = Repository.files(in: "Sources").filter(\.isSwift)
    report(sources.flatMap { DocumentRules.violations(messages: $0, commands: commands) })
  }

  @Test func `links between documents lead somewhere`() {
    let paths = Set(Repository.files.map(\.path))
    let documents = Repository.files.filter { $0.path.hasSuffix(".md") }
    report(documents.flatMap { DocumentRules.violations(links: $0, paths: paths) })
  }

  private func report(_ violations: [Violation], _ location: SourceLocation = #_sourceLocation) {
    for violation in violations { Issue.record("\(violation)", sourceLocation: location) }
  }
}
