import Model
import Platform
import TestSupport
import Testing

@testable import Git

@Suite struct LargeFileTests {
  private static let pointer: GitRepository.Entry = """
    version https://git-lfs.github.com/spec/v1
    oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
    size 12345

    """

  @Test func pointersAreRefused() async throws {
    try await GitFixture.with { fixture in
      let names = ["model.bin", "data/a.bin", "data/b.bin", "data/c.bin", "d.bin"]
      let commit = try await fixture.repository.commit(
        [".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"].merging(names.map { ($0, Self.pointer) }) {
          $1
        })
      var record = ComplaintRecord()
      try await fixture.withClient { client in
        let directory = try fixture.emptyDirectory()
        try await record.add(
          "five pointers", waitingFor: { try await client.export(fixture.local(), commit: commit, to: directory) })
        #expect(try Files.list(directory).isEmpty)
        // Attributes further down, by a macro, and a pointer in a submodule.
        let lib = try await GitRepository.create("\(fixture.root)/lib.git")
        let inner = try await lib.commit([
          ".gitattributes": "[attr]big filter=lfs\n", "x/.gitattributes": "m* big\n", "x/m": Self.pointer,
        ])
        let outer = try await fixture.repository.commit(
          [".gitmodules": "[submodule \"lib\"]\npath = lib\nurl = ../lib.git\n", "lib": .submodule(inner)],
          on: "outer", removing: names)
        try await record.add(
          "one in a submodule", waitingFor: { try await client.export(fixture.local(), commit: outer, to: directory) })
      }
      #expect(try record.isOnRecord(as: "pointers", beside: #filePath, replacing: [(fixture.directory, "DIR")]))
    }
  }

  @Test func whatOnlyLooksLikeOneIsKept() async throws {
    try await GitFixture.with { fixture in
      let commit = try await fixture.repository.commit([
        ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "kept.bin": "small, and itself\n",
        "fixtures/pointer.txt": Self.pointer,
      ])
      try await fixture.withClient { client in
        let directory = try fixture.emptyDirectory()
        try await client.export(fixture.local(), commit: commit, to: directory)
        #expect(String(decoding: try Files.read("\(directory)/kept.bin"), as: UTF8.self) == "small, and itself\n")
        #expect(Files.exists("\(directory)/fixtures/pointer.txt"))
      }
    }
  }
}
