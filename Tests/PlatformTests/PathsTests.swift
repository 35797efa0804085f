import Model
import Testing

@Suite("Paths")
struct PathsTests {
  @Test(arguments: [
    ("/a/b/c", "/a/b", "c"), ("/a", "/", "a"), ("a/b", "a", "b"), ("a", ".", "a"), ("/a/b.toml", "/a", "b.toml"),
  ])
  func parentAndLast(_ path: String, _ parent: String, _ last: String) {
    #expect(path.parentPath == parent)
    #expect(path.lastPathComponent == last)
  }

  @Test(arguments: [
    ("x", "/a/b", "/a/b/x"), ("/x", "/a", "/x"), ("../x", "/a/b", "/a/x"), ("./x/./y", "/a", "/a/x/y"),
    ("../../../x", "/a", "/x"), ("", "/a", "/a"), (".", "/a/", "/a"), ("/a//b/../c/", "/", "/a/c"),
  ])
  func absolute(_ path: String, _ directory: String, _ expected: String) {
    #expect(path.absolutePath(from: directory) == expected)
  }

  @Test(arguments: [
    ("/a/b/c", "/a", "b/c"), ("/a", "/a", "."), ("/x", "/a/b", "../../x"), ("/a/x", "/a/b", "../x"), ("/a", "/", "a"),
  ])
  func relative(_ path: String, _ directory: String, _ expected: String) {
    #expect(path.relativePath(from: directory) == expected)
    #expect(expected.absolutePath(from: directory) == path)
  }
}
