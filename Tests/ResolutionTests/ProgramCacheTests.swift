import Model
import Platform
import TestSupport
import Testing

@testable import Resolution

/// What interpreters say of themselves is kept while they are what they were.
@Suite struct ProgramCacheTests {
  @Test func anInterpreterIsAskedOnceUntilItIsAnother() async throws {
    let real = try #require(Files.realPath(try PythonTools.required().plainPython))
    try await TemporaryDirectory.with { directory in
      let path = "\(directory)/bin/python3"
      let kept = "\(directory)/state/cache/interpreters"
      try Files.makeDirectory(path.parentPath)
      try Files.link(path, to: real)
      let finder = InterpreterFinder(searchPath: [path.parentPath], home: nil, cache: kept)
      let interpreter = try await finder.find(nil, directory: "/")
      // A state directory is not made for that.
      #expect(!Files.exists("\(directory)/state"))
      try Files.makeDirectory("\(directory)/state")
      #expect(try await finder.find(nil, directory: "/") == interpreter)
      let files = try Files.list(kept)
      #expect(files.count == 1)

      // What is answered from then on is what is kept.
      let file = "\(kept)/\(files[0])"
      let text = String(decoding: try Files.read(file), as: UTF8.self)
      let version = "\(interpreter.minorVersion).99"
      try Files.write(text.replacing("\"\(interpreter.version)\"", with: "\"\(version)\""), to: file)
      #expect(try await finder.find(nil, directory: "/").version == version)

      // A program that chooses an interpreter may choose another one each time.
      try Files.remove(path)
      try Files.write("#!/bin/sh\nexec '\(real)' \"$@\"\n", to: path, mode: 0o755)
      for _ in 1...2 { #expect(try await finder.find(nil, directory: "/") == interpreter) }

      // So is an interpreter that was replaced, and one whose answer cannot be read.
      try Files.remove(path)
      try Files.link(path, to: real)
      try Files.write("{", to: file)
      #expect(try await finder.find(nil, directory: "/") == interpreter)
    }
  }

  @Test func aResolverIsAskedOnceUntilItIsAnother() async throws {
    let uv = try PythonTools.required().uv
    try await ResolutionBench.with { bench in
      try Files.makeDirectory(bench.state.root)
      let path = "\(bench.directory)/bin/uv"
      try Files.makeDirectory(path.parentPath)
      try Files.link(path, to: uv)
      func version() async throws -> String {
        try await Uv.locate(
          searchPath: [path.parentPath], state: bench.state, client: bench.client, indexes: [],
          variables: Variables([:]), wheelReading: ResolutionBench.Wheels(metadata: ""), announce: { _ in }
        ).version
      }
      let first = try await version()
      let kept = "\(bench.state.cache)/resolvers"
      let file = "\(kept)/\(try #require(try Files.list(kept).first))"
      let text = String(decoding: try Files.read(file), as: UTF8.self)
      try Files.write(text.replacing("\n\(first)", with: "\n99.0"), to: file)
      let second = try await version()
      #expect(second == "99.0")
      // A script that chooses one is asked every time.
      try Files.remove(path)
      try Files.write("#!/bin/sh\nexec '\(uv)' \"$@\"\n", to: path, mode: 0o755)
      for _ in 1...2 {
        let chosen = try await version()
        #expect(chosen == first)
      }
    }
  }
}
