import Model
import Testing

@Suite struct FileHashTests {
  @Test(arguments: [("sha256", 64), ("SHA384", 96), ("sha512", 128)])
  func readsWhatIsStrong(algorithm: String, length: Int) throws {
    let hash = try FileHash(algorithm, String(repeating: "Ab", count: length / 2))
    #expect(hash.description == "\(algorithm.lowercased()):\(String(repeating: "ab", count: length / 2))")
    #expect(throws: FileHash.Flaw.digest(hash.algorithm)) {
      try FileHash(algorithm, String(repeating: "a", count: length - 1))
    }
    #expect(throws: FileHash.Flaw.digest(hash.algorithm)) {
      try FileHash(algorithm, String(repeating: "g", count: length))
    }
  }

  @Test func refusesTheRest() {
    for name in ["md5", "sha1", "SHA224"] { #expect(throws: FileHash.Flaw.weak) { try FileHash(name, "aa") } }
    #expect(throws: FileHash.Flaw.unknown) { try FileHash("blake2", "aa") }
  }

  @Test func archivesKnowTheirFile() throws {
    let wheel = ArchiveRequirement(
      url: RemoteURL(scheme: "file", host: "", path: "/srv/a%20b/x-1.0%2Bcpu-py3-none-any.whl"))
    #expect(wheel.fileName == "x-1.0+cpu-py3-none-any.whl")
    #expect(wheel.wheel?.version == Version("1.0+cpu"))
    #expect(wheel.localPath == "/srv/a b/x-1.0+cpu-py3-none-any.whl")
    let archive = ArchiveRequirement(url: RemoteURL(scheme: "https", host: "x.example", path: "/a/x.zip?y=/z.whl"))
    #expect(archive.fileName == "x.zip")
    #expect(archive.wheel == nil && archive.localPath == nil)
    #expect(DirectoryRequirement(path: "/srv/x", subdirectory: "a/b").projectPath == "/srv/x/a/b")
  }
}
