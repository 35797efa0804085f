import Platform
import TestSupport
import Testing

@Suite struct OpenDirectoryTests {
  @Test func looksAtWhatIsBelow() async throws {
    try await TemporaryDirectory.with { path in
      try Files.makeDirectory("\(path)/a/b")
      try Files.write("four", to: "\(path)/a/file")
      try Files.link("\(path)/a/link", to: "file")
      try Files.link("\(path)/a/nowhere", to: "gone")
      let directory = try #require(OpenDirectory(path))
      #expect(directory.look("")?.kind == .directory)
      #expect(directory.look("")?.identity == Files.linkIdentity(path))
      #expect(directory.look("a/b")?.kind == .directory)
      #expect(directory.look("a/file")?.kind == .file)
      #expect(directory.look("a/file")?.identity == Files.linkIdentity("\(path)/a/file"))
      #expect(directory.look("a/link")?.kind == .link)
      #expect(directory.look("a/gone") == nil)
      #expect(directory.linkTarget("a/link") == "file")
      #expect(directory.linkTarget("a/file") == nil)
      #expect(directory.contains("a/link"))
      #expect(!directory.contains("a/nowhere"))
      #expect(OpenDirectory("\(path)/a/file") == nil)
      #expect(OpenDirectory("\(path)/gone") == nil)
    }
  }
}
