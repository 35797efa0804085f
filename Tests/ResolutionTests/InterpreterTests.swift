import Model
import Platform
import TestSupport
import Testing

@testable import Resolution

@Suite("Interpreters and bases")
struct InterpreterTests {
  @Test(arguments: [
    ("3.12", "3.12.7", true), ("3.12", "3.13.0", false), ("3", "3.11.2", true), ("3.12.1", "3.12.1", true),
    ("3.12.1", "3.12.2", false), (">=3.11", "3.11.0", true), (">=3.11", "3.10.9", false),
    (">=3.11,<3.13", "3.12.9", true),
    (">=3.11,<3.13", "3.13.0", false), ("~=3.11", "3.13.1", true), ("==3.11.*", "3.11.7", true),
    ("!=3.11.2", "3.11.2", false),
    (">=3.13", "3.14.0a1", true),
  ])
  func versionRequests(_ request: String, _ version: String, _ fits: Bool) {
    #expect(InterpreterFinder.fits(version, request: request) == fits)
  }

  @Test(arguments: ["python3", "python3.12", "pypy3", "/usr/bin/python3", "", ">=", ">=x"])
  func whatIsNoVersionRequestIsACommand(_ text: String) {
    #expect(InterpreterFinder.versionRequest(text) == nil)
  }

  private static func finder() throws -> InterpreterFinder {
    InterpreterFinder(searchPath: [try PythonTools.required().bin], home: nil)
  }

  @Test func oneIsFoundByCommandPathAndVersion() async throws {
    let tools = try PythonTools.required()
    let finder = try Self.finder()
    let interpreter = try await finder.find(nil, directory: "/")
    #expect(interpreter.executable == Files.realPath(tools.plainPython))
    #expect(interpreter.tags.contains("py3-none-any"))
    #expect(interpreter.markers["os_name"] == "posix")
    #expect(interpreter.version.hasPrefix(interpreter.minorVersion))
    #expect(try await finder.find("python3", directory: "/") == interpreter)
    #expect(try await finder.find(">=3.8", directory: "/") == interpreter)
    #expect(try await finder.find("bin/python3", directory: tools.bin.parentPath) == interpreter)
  }

  @Test(arguments: ["python9", "/nonexistent/python", "<3", "99.1"]) func absence(_ request: String) async throws {
    let finder = try Self.finder()
    let failure = await #expect(throws: Failure.self) { _ = try await finder.find(request, directory: "/") }
    #expect(failure?.diagnostics.first?.code == .interpreterAbsent)
    #expect(failure?.diagnostics.first?.hint != nil)
  }

  @Test func whatIsNoPythonIsSaidToBeSo() async throws {
    let finder = try Self.finder()
    let failure = await #expect(throws: Failure.self) { _ = try await finder.find("/bin/false", directory: "/") }
    #expect(failure?.diagnostics.first?.code == .interpreterFailed)
  }

  @Test func aBaseIsReadWithItsDistributions() async throws {
    let tools = try PythonTools.required()
    try await TemporaryDirectory.with { directory in
      let venv = try await ChildProcess.run(
        tools.plainPython, ["-m", "venv", "--without-pip", "\(directory)/base"], environment: ["PATH": "/usr/bin:/bin"],
        deadline: 120)
      try #require(venv.status == 0, "\(venv.errorOutput)")
      let library = try #require(try Files.list("\(directory)/base/lib").first)
      let info = "\(directory)/base/lib/\(library)/site-packages/Own_Thing-1.5+local.dist-info"
      try Files.makeDirectory(info)
      try Files.write(
        "Metadata-Version: 2.1\nName: Own.Thing\nVersion: 1.5+local\nRequires-Python: <3\nRequires-Dist: gone\nRequires-Dist: fast; extra == 'x'\n\nRequires-Dist: text\n",
        to: "\(info)/METADATA")
      try Files.write("[console_scripts]\nown = own:main\n", to: "\(info)/entry_points.txt")
      try Files.write("own\n", to: "\(info)/top_level.txt")
      try Files.write("{}", to: "\(info)/direct_url.json")
      // As Debian's packages are.
      let egg = "\(directory)/base/lib/\(library)/site-packages/Old_Thing-1.0.egg-info"
      try Files.makeDirectory(egg)
      try Files.write(
        "Metadata-Version: 2.1\nName: Old-Thing\nVersion: 1.0\nProvides-Extra: fast\n\nText\n", to: "\(egg)/PKG-INFO")
      try Files.write(
        "needed>=1\n\n[:python_version < \"4\"]\nmarked\n\n[fast]\nspeedy>=2\n\n[slow:python_version < \"4\"]\nlazy\n",
        to: "\(egg)/requires.txt")
      // As distutils writes it: one file.
      try Files.write(
        "Metadata-Version: 1.1\nName: aged\nVersion: 0.9\n",
        to: "\(directory)/base/lib/\(library)/site-packages/aged-0.9.egg-info")
      let base = try await Self.finder().base(at: "\(directory)/base")
      let aged = try #require(base.distributions.first { $0.name.text == "aged" })
      #expect(aged.version == "0.9" && aged.isDirect && aged.metadata.contains("Name: aged"))
      let old = try #require(base.distributions.first { $0.name.text == "old-thing" })
      let said = try #require(DistributionMetadata(old.metadata))
      #expect(said.providesExtra.map(\.text) == ["fast", "slow"])
      func needed(_ extra: String...) -> [String] {
        said.dependencies(markers: base.interpreter.markers, extras: Set(extra.compactMap { PackageName($0) }))
          .map { "\($0.name)\($0.specifiers)" }
      }
      #expect(needed() == ["needed>=1", "marked"])
      #expect(needed("fast", "slow") == ["needed>=1", "marked", "speedy>=2", "lazy"])
      let stub = try #require(DistributionMetadata(old.stubMetadata))
      #expect(stub.requiresDist.map(\.name.text) == ["speedy", "lazy"])
      #expect(base.interpreter.executable == Files.realPath(tools.plainPython))
      let own = try #require(base.distributions.first { $0.name.text == "own-thing" })
      #expect(own.version == "1.5+local" && own.isDirect)
      #expect(own.scripts == ["own": "own:main"] && own.topLevel == ["own"])
      // The stub stands for what is there: it needs nothing, and suits the interpreter that has it.
      #expect(own.stubFileName == "own_thing-1.5+local-py3-none-any.whl")
      let metadata = try #require(DistributionMetadata(own.stubMetadata))
      #expect(metadata.name == own.name && metadata.requiresPython == nil)
      #expect(!own.stubMetadata.contains("gone") && !own.stubMetadata.contains("text"))

      let failure = await #expect(throws: Failure.self) { _ = try await Self.finder().base(at: directory) }
      #expect(failure?.diagnostics.first?.code == .baseUnfit)
    }
  }
}
