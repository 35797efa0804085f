internal import Installation
internal import Model
internal import Testing

@Suite struct LinkTreeTests {
  private func tree(_ contributions: [String: [String: String]]) throws -> LinkTree {
    try LinkTree(
      contributions.map { name, files in
        LinkTree.Contribution(
          name: try #require(PackageName(name)), storeKey: "key-\(name)",
          files: files.map { StoreFile(path: $0.key, sha256: $0.value, size: 1) })
      })
  }

  private func text(_ tree: LinkTree) -> [String] {
    tree.directories.map { "\($0)/" } + tree.links.map { "\($0.path) -> \($0.target)" }
  }

  @Test func whatOneDistributionBringsIsOneLink() throws {
    let tree = try tree(["a": ["a/x.py": "1", "a/deep/y.py": "2", "single.py": "3"]])
    #expect(text(tree) == ["a -> key-a/tree/a", "single.py -> key-a/tree/single.py"])
  }

  @Test func aSharedDirectoryIsRealAndItsPartsAreFolded() throws {
    let tree = try tree([
      "a": ["google/cloud/storage/x.py": "1", "google/auth/y.py": "2"], "b": ["google/cloud/pubsub/z.py": "3"],
    ])
    #expect(
      text(tree) == [
        "google/", "google/cloud/", "google/auth -> key-a/tree/google/auth",
        "google/cloud/pubsub -> key-b/tree/google/cloud/pubsub",
        "google/cloud/storage -> key-a/tree/google/cloud/storage",
      ])
  }

  @Test func equalFilesAreLinkedOnce() throws {
    let tree = try tree([
      "a": ["ns/__init__.py": "same", "ns/a.py": "1"], "b": ["ns/__init__.py": "same", "ns/b.py": "2"],
    ])
    #expect(
      text(tree) == [
        "ns/", "ns/__init__.py -> key-a/tree/ns/__init__.py", "ns/a.py -> key-a/tree/ns/a.py",
        "ns/b.py -> key-b/tree/ns/b.py",
      ])
  }

  @Test(arguments: [
    (["x.py": "1"], ["x.py": "2"], "'x.py'"), (["x": "1"], ["x/y.py": "2"], "'x'"),
    (["d/x/y.py": "1"], ["d/x": "2"], "'d/x'"),
  ]) func differentFilesOfOneNameCollide(_ first: [String: String], _ second: [String: String], _ name: String) throws {
    let failure = #expect(throws: Failure.self) { try tree(["one": first, "two": second]) }
    let complaint = try #require(failure?.diagnostics.first)
    #expect(complaint.code == .collision)
    #expect(complaint.message == "one and two both bring \(name)")
  }

  @Test func nothingMakesNothing() throws {
    #expect(text(try tree([:])).isEmpty)
  }
}
