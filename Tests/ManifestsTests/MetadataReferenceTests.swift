import Model
import TestSupport
import Testing

@testable import Manifests

@Suite("Direct references in the metadata of distributions")
struct MetadataReferenceTests {
  @Test func theyAreReadAsThoseOfManifests() throws {
    let reading = MetadataReferences(secrets: SecretRegistry())
    for url in [
      "git+https://git.example.com/org/link.git@v1#subdirectory=packages/link",
      "git+ssh://git@git.example.com/link.git",
      "git+file:///srv/link.git", "https://example.com/link-1.0.tar.gz", "file:///srv/link",
    ] {
      #expect(try reading.source(of: url).description == url)
    }
    #expect(
      try reading.source(of: "git+git@git.example.com:org/link.git").description
        == "git+ssh://git@git.example.com/org/link.git")
  }

  @Test func whatIsWrittenAsASecretIsNotTaken() throws {
    let secrets = SecretRegistry()
    let reading = MetadataReferences(secrets: secrets)
    for url in ["git+https://user:t0ps3cret@git.example.com/link.git", "https://t0ps3cret@example.com/link-1.0.zip"] {
      let source = try reading.source(of: url)
      switch source {
      case .git(let git): #expect(git.url.userInfo == nil)
      case .archive(let archive): #expect(archive.url.userInfo == nil)
      case .directory: Issue.record("a directory")
      }
      #expect(!source.description.contains("t0ps3cret"))
    }
    #expect(secrets.redact("it is t0ps3cret") == "it is ****")
    // What looks like a variable is none: nothing of Pinion's environment goes into a place that others name.
    guard case .git(let git) = try reading.source(of: "git+https://git.example.com/${HOME}.git") else {
      Issue.record("no repository")
      return
    }
    #expect(git.url.path == "/${HOME}.git")
  }

  @Test func complaints() throws {
    let reading = MetadataReferences(secrets: SecretRegistry())
    var record = ComplaintRecord()
    for url in [
      "./link", "file:link", "link-1.0.zip", "git://git.example.com/link.git", "hg+https://example.com/link",
      "https://example.com/link", "git+https://git.example.com/link.git@../x",
    ] {
      try record.add(url) { _ = try reading.source(of: url) }
    }
    #expect(try record.isOnRecord(as: "metadata-references", beside: #filePath))
  }
}
