import Model
import TestSupport
import Testing

@testable import Resolution

/// Every complaint about a lockfile that cannot be read, on record in `Snapshots/lockfiles.txt`.
@Suite struct LockfileComplaintsTests {
  private static let sha256 = String(repeating: "a", count: 64)
  private static let commit = String(repeating: "b", count: 40)
  private static let own = "[tool.pinion]\nformat-version = 1\ninputs-digest = \"x\""

  private static let texts = [
    "", "lock-version = 1", "lock-version = \"2.0\"", "lock-version = \"1.0\"", "lock-version = \"1.0\n", "oops oops",
    "lock-version = \"1.0\"\n<<<<<<< HEAD", "lock-version = \"1.0\"\n[tool.pinion]\nformat-version = 99",
    "lock-version = \"1.0\"\n[tool.pinion]\nformat-version = 1",
    "lock-version = \"1.0\"\n[tool.pinion]", "lock-version = \"1.0\"\n[tool.pinion]\nformat-version = \"1\"",
    "lock-version = \"1.0\"\n[tool.pinion]\nformat-version = 1.0",
    "lock-version = \"1.0\"\n[tool.pinion]\nformat-version = true",
    "lock-version = \"1.0\"\n[tool.pinion]\nformat-version = 0",
    "lock-version = \"1.0\"\n[tool.pinion]\nformat-version = -1",
  ]

  private static let packages = [
    "name = \"-\"", "name = \"a\"", "name = \"a\"\nversion = \"1\"",
    "name = \"a\"\nversion = \"1\"\nvcs = {type = \"hg\"}",
    "name = \"a\"\nversion = \"1\"\nvcs = {type = \"git\", url = \"https://x.example.com/a.git\", commit-id = \"main\"}",
    "name = \"a\"\nversion = \"1\"\nwheels = [{url = \"https://x.example.com/a.whl\"}]",
    "name = \"a\"\nversion = \"1\"\nwheels = [{url = \"https://x.example.com/a.whl\", hashes = {sha256 = \"A\"}}]",
    "name = \"a\"\nversion = \"1\"\n"
      + "sdist = {name = \"../a\", url = \"https://x.example.com/a\", hashes = {sha256 = \"\(sha256)\"}}",
    "name = \"a\"\nversion = \"1.0\\u001b[31m\"\n"
      + "sdist = {name = \"a.zip\", url = \"https://x.example.com/a.zip\", hashes = {sha256 = \"\(sha256)\"}}",
    "name = \"a\"\nversion = \"1\"\narchive = {url = \"https://x.example.com/a.zip\"}",
    "name = \"a\"\nversion = \"1\"\n"
      + "archive = {url = \"https://x.example.com/a.zip\", hashes = {sha256 = \"\(sha256)\"}, subdirectory = \"../b\"}",
    "name = \"a\"\nversion = \"1\"\ndirectory = {path = \"a\"}",
    "name = \"a\"\nversion = \"1\"\ndirectory = {path = \"a\", subdirectory = \"../b\"}\n"
      + "tool = {pinion = {tree = \"\(sha256)\"}}",
  ]

  private static let whole =
    "name = \"a\"\nversion = \"1\"\n"
    + "wheels = [{url = \"https://x.example.com/a-1-py3-none-any.whl\", hashes = {sha256 = \"\(sha256)\"}}]"

  /// What a merge may leave.
  private static let merged = [
    "[[packages]]\n\(whole)\n[[packages]]\n\(whole)",
    "[[packages]]\n\(whole)\ndependencies = [{name = \"b\"}]",
    "[[packages]]\n\(whole.replacing("version = \"1\"", with: "version = \"2\""))",
    "[[packages]]\n\(whole.replacing("name = \"a\"", with: "name = \"b\""))",
  ]

  private static let entries = [
    "[[tool.pinion.modules]]\nname = \"a\"",
    "[[tool.pinion.modules]]\nname = \"a\"\nsection = \"links\"\nmodule = \"a\"\nanswer = \"distribution\"\n"
      + "distribution = \"a\"",
    "[[tool.pinion.base]]\nname = \"a\"\nversion = \"1\"\nneeds = \"=>\"",
  ]

  @Test func areOnRecord() throws {
    var record = ComplaintRecord()
    func refuse(_ text: String, of shown: String? = nil) throws {
      try record.add(shown ?? text) { _ = try LockfileCodec.decode(text, path: "pylock.demo.toml") }
    }
    for text in Self.texts { try refuse(text) }
    for package in Self.packages {
      try refuse("lock-version = \"1.0\"\n[[packages]]\n\(package)\n\(Self.own)", of: package)
    }
    for packages in Self.merged { try refuse("lock-version = \"1.0\"\n\(packages)\n\(Self.own)", of: packages) }
    for entry in Self.entries { try refuse("lock-version = \"1.0\"\n\(Self.own)\n\(entry)", of: entry) }
    #expect(try record.isOnRecord(as: "lockfiles", beside: #filePath))
  }
}
