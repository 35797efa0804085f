import Model
import Testing

@Suite struct DistributionMetadataTests {
  static let text = """
    Metadata-Version: 2.1
    Name: My.Package
    VERSION: 1.0-rc1
    Summary: Something: with
     a folded line
    Requires-Python: >=3.8, <4
    Provides-Extra: Test_Extra
    Provides-Extra: docs
    Requires-Dist: requests (>=2.0)
    Requires-Dist: tomli>=1 ; python_version < "3.11"
    Requires-Dist: pytest ; extra == 'test-extra'
    Requires-Dist: sphinx[latex]
      >=3 ; extra == 'docs'
    Requires-Dist: broken >= what
    Requires-Dist: direct @ https://example.com/direct.whl

    Requires-Dist: not-a-header
    Name: other
    """

  @Test(arguments: ["\n", "\r\n"]) func readsHeaders(newline: String) throws {
    let lines = Self.text.split(separator: "\n", omittingEmptySubsequences: false)
    let metadata = try #require(DistributionMetadata(lines.joined(separator: newline)))
    #expect(metadata.name.text == "my-package")
    #expect(metadata.rawName == "My.Package")
    #expect(metadata.version.description == "1.0rc1")
    #expect(metadata.requiresPython?.description == "<4,>=3.8")
    #expect(metadata.providesExtra.map(\.text) == ["test-extra", "docs"])
    #expect(metadata.requiresDist.map(\.name.text) == ["requests", "tomli", "pytest", "sphinx", "direct"])
    #expect(metadata.requiresDist[3].specifiers.description == ">=3")
    #expect(metadata.malformed == ["Requires-Dist: broken >= what"])
  }

  @Test func picksWhatHolds() throws {
    let metadata = try #require(DistributionMetadata(Self.text))
    let extra = try #require(PackageName("test_extra"))
    #expect(metadata.dependencies(markers: ["python_version": "3.12"]).map(\.name.text) == ["requests", "direct"])
    #expect(
      metadata.dependencies(markers: ["python_version": "3.9"], extras: [extra]).map(\.name.text) == [
        "requests", "tomli", "pytest", "direct",
      ])
  }

  @Test(arguments: [
    "", "Name: x", "Version: 1", "Name: -\nVersion: 1", "Name: x\nVersion: new", "\nName: x\nVersion: 1",
  ])
  func refuses(text: String) {
    #expect(DistributionMetadata(text) == nil)
  }

  @Test func needsNoEndOfHeaders() throws {
    let metadata = try #require(DistributionMetadata("Name: x\nVersion: 1\nRequires-Python: whatever\nnonsense"))
    #expect(metadata.requiresPython == nil)
    #expect(metadata.malformed == ["Requires-Python: whatever"])
    #expect(metadata.requiresDist.isEmpty)
  }
}
