import Model
import Testing

@testable import Resolution

@Suite struct BlameTests {
  private func asker(_ name: String, _ line: Int, by requirement: String? = nil) -> Blame.Asker? {
    PackageName(name).map { package in
      Blame.Asker(
        module: Module(
          name: name, section: .links, importPath: "m", requirement: .absent,
          location: SourceLocation(file: "config.yml", line: line, column: 3)),
        name: package, requirement: requirement ?? name)
    }
  }

  @Test func anAbsentPackageIsLaidToItsModules() {
    let failure = Failure(
      .packageAbsent, "a package does not exist",
      because: "Because absent-thing was not found in the package registry and you require absent-thing, we can …",
      hint: "check its spelling")
    let result = Blame.assign(failure, to: [asker("absent-thing", 4), asker("other", 9)].compactMap { $0 })
    #expect(result.diagnostics.count == 1)
    let place = SourceLocation(file: "config.yml", line: 4, column: 3)
    #expect(result.diagnostics[0].place == .source(place, excerpt: nil))
    #expect(
      result.diagnostics[0].message
        == "links.absent-thing asks for absent-thing, which is on no package index that is asked")
  }

  @Test func aSetWithoutASolutionNamesAllThatAreMentioned() {
    let failure = Failure(
      .unsolvable, "no set of versions satisfies all modules",
      because: "Because wants-old depends on alpha<1.1 and you require wants-new and wants-old.")
    let askers = [asker("wants-new", 4), asker("wants", 6), asker("wants-old", 8)].compactMap { $0 }
    let result = Blame.assign(failure, to: askers)
    #expect(
      result.diagnostics[0].cause?.split(separator: "\n").map(String.init).prefix(2) == [
        "links.wants-new (config.yml:4:3) asks for wants-new", "links.wants-old (config.yml:8:3) asks for wants-old",
      ])
  }

  @Test func aGitModuleIsNamedByItsRepositoryToo() {
    let failure = Failure(
      .unsolvable, "no set of versions satisfies all modules",
      because: "Because only my-link==1.0 is available and my-link==1.0 depends on alpha<1.1, alpha<1.1 is needed.")
    let askers = [asker("my-link", 4, by: "git+https://host/link.git@main"), asker("alpha", 6)].compactMap { $0 }
    #expect(
      Blame.assign(failure, to: askers).diagnostics[0].cause?.split(separator: "\n").map(String.init).prefix(2) == [
        "links.my-link (config.yml:4:3) asks for git+https://host/link.git@main, which is my-link",
        "links.alpha (config.yml:6:3) asks for alpha",
      ])
  }

  @Test func otherFailuresStayAsTheyAre() {
    let failure = Failure(.resolverFailed, "the resolver failed", because: "other is broken")
    #expect(Blame.assign(failure, to: [asker("other", 1)].compactMap { $0 }) == failure)
  }

  @Test func buildsAreReportedWithoutTraces() {
    let output = """
      Building wheel...
      Traceback (most recent call last):
        File "<string>", line 11, in <module>
        File "/state/staging/x/backend.py", line 67, in build_wheel
          raise RuntimeError("no")
      RuntimeError: no
      error: Failed to build `/state/staging/x/source`
        cause: The build backend returned an error
      """
    #expect(
      BuildOutput.cause(output) == "Building wheel...\nRuntimeError: no\n  cause: The build backend returned an error")
  }
}
