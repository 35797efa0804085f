import Model
import Testing

@testable import Manifests

/// A requirement's normal form, which lockfiles and digests hold, reads as the same requirement. The first cases are what
/// `make fuzz` found.
@Suite struct NormalFormTests {
  @Test(arguments: [
    "git+https://example.com/o/r.git@v1?x=1", "git+https://example.com/o/r.git@a+b?r.gib[c]@h/o",
    "git+https://example.com/o/r.git#subdirectory=a%26b", "git+https://example.com/o/r.git@v1#subdirectory=a%23b/c%20d",
    "https://example.com/a-1.0.tar.gz#subdirectory=a%26b%25", "a @ file:///srv/a#subdirectory=x%26y",
    "git+ssh://git@example.com:22/o/r.git@semver:>=1.2,<2", "a[b,c]>=1,<2 ; os_name == 'posix'", "./x y/a-1.0.zip",
  ])
  func readsAsTheSame(text: String) throws {
    let context = RequirementContext(directory: "/srv/app") { $0.embedded }
    let first = try RequirementReader(text, context).requirement
    let second = try RequirementReader(first.description, context).requirement
    #expect(second.description == first.description)
    if case .git(let one) = first, case .git(let other) = second {
      #expect(one.source.reference == other.source.reference && one.source.subdirectory == other.source.subdirectory)
      #expect(one.source.url.path == other.source.url.path)
    }
  }

  /// What differs has different normal forms.
  @Test func aQueryIsNoReference() throws {
    let context = RequirementContext(directory: "/srv/app") { $0.embedded }
    let query = try RequirementReader("git+https://example.com/r.git?x=1@v1", context).requirement
    let reference = try RequirementReader("git+https://example.com/r.git@v1?x=1", context).requirement
    #expect(query.description != reference.description)
  }
}
