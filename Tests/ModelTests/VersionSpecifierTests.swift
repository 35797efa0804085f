import Model
import Testing

@Suite struct VersionSpecifierTests {
  @Test(arguments: [
    ("", ""), ("  ", ""), (">=1", ">=1"), ("( >= 1 , < 2 )", "<2,>=1"), ("<2,>=1", "<2,>=1"), (">=1,<2,>=1", "<2,>=1"),
    ("== 1.*", "==1.*"), ("!=1.0.*", "!=1.0.*"), ("==v1.0.*", "==1.0.*"), ("~=1.0-alpha", "~=1.0a0"),
    ("===Foo", "===Foo"), ("==1.0+Local-1", "==1.0+local.1"), (">=1,", ">=1"), ("==1!2.0", "==1!2.0"),
    (">1.0dev", ">1.0.dev0"),
  ])
  func hasNormalForm(text: String, normal: String) throws {
    let specifiers = try #require(VersionSpecifiers(text))
    #expect(specifiers.description == normal)
    #expect(VersionSpecifiers(normal) == specifiers)
    #expect(specifiers.isEmpty == normal.isEmpty)
  }

  @Test(arguments: [
    ("=1", 0, "'=' is no version operator", "write '==1'"),
    ("=>2", 0, "'=>' is no version operator", "write '>=2'"),
    ("=<2", 0, "'=<' is no version operator", "write '<=2'"),
    ("^1.2", 0, "'^' is no version operator", "write '>=1.2,<2'"),
    ("~>1.2", 0, "'~>' is no version operator", "write '~=1.2'"),
    ("^0.2.3", 0, "'^' is no version operator", "write '>=0.2.3,<0.3'"),
    ("^0.0.3", 0, "'^' is no version operator", "write '>=0.0.3,<0.0.4'"),
    ("^0.0", 0, "'^' is no version operator", "write '>=0.0,<0.1'"),
    ("^1!2.3", 0, "'^' is no version operator", "write '>=1!2.3,<1!3'"),
    ("^9223372036854775807", 0, "'^' is no version operator", "write a range, as in '>=1.2,<2'"),
    ("^main", 0, "'^' is no version operator", "write a range, as in '>=1.2,<2'"),
    ("~1", 0, "'~' is no version operator", "write '~=1.0'"),
    ("~1.2", 0, "'~' is no version operator", "write '~=1.2.0'"),
    ("~1.2.3", 0, "'~' is no version operator", "write '~=1.2.3'"),
    ("~main", 0, "'~' is no version operator", "write a range, as in '>=1.2,<2'"),
    ("=~1", 0, "'=~' is no version operator", "write '~=1.0'"),
    ("~=1rc1", 2, "'~=' needs a version of at least two numbers", "write '>=1rc1,<2'"),
    (">=", 2, "the version after '>=' is missing", "write it, for instance '>=1.0'"),
    (">=1.*", 2, "'.*' goes with '==' and '!=' only", "write '>=1'"),
    ("==1.0a1.*", 2, "'.*' goes with plain releases only", "write '==1.0a1'"),
    (">=1+x", 2, "a local version ('+…') goes with '==' and '!=' only", "write '>=1'"),
    ("~=1", 2, "'~=' needs a version of at least two numbers", "write '~=1.0' or '==1.*'"),
    (">=1 <2", 4, "a comma is missing between two versions", "write ',' before '<2'"),
    (">=1,2", 4, "the version '2' has no operator in front of it", "write '==2'"),
    (">=1,,<2", 4, "a version is missing between two commas", "take one comma out"),
    ("==new", 2, "'new' is no version", "versions look like 1.2.3, 2.0rc1, 1.*"),
    ("(>=1", 0, "the parenthesis '(' is never closed", "write ')' after the last version"),
  ])
  func saysWhatIsWrong(text: String, offset: Int, message: String, hint: String) {
    #expect(throws: RequirementParser.Problem(message: message, offset: offset, hint: hint)) {
      try VersionSpecifiers(parsing: text)
    }
    #expect(VersionSpecifiers(text) == nil)
  }

  /// What a complaint says to write is understood, and means what the other notation means elsewhere.
  @Test(arguments: [
    ("^1.2", "1.9", "2.0"), ("^0.2.3", "0.2.9", "0.3"), ("^0.0.3", "0.0.3", "0.0.4"), ("^0", "0.9", "1.0"),
    ("~1", "1.9", "2.0"), ("~1.2", "1.2.9", "1.3"), ("~1.2.3", "1.2.9", "1.3"), ("~>1.2", "1.9", "2.0"),
    ("=~1", "1.9", "2.0"), ("~=1rc1", "1.5", "2.0"), ("^1!2.3", "1!2.9", "1!3.0"),
  ])
  func whatIsToBeWrittenInsteadIsUnderstood(text: String, inside: String, outside: String) throws {
    let problem = try #require(throws: RequirementParser.Problem.self) { try VersionSpecifiers(parsing: text) }
    let words = try #require(problem.hint).split(separator: "'")
    let range = try #require(VersionSpecifiers(words[1]))
    #expect(range.contains(try #require(Version(inside)), allowPrereleases: false))
    #expect(!range.contains(try #require(Version(outside)), allowPrereleases: false))
  }

  @Test(arguments: [
    ("==1.0", "1.0+x", true), ("==1.0+x", "1.0", false), ("==1.0+x", "1.0+x", true), ("==1", "1.0.0", true),
    ("==1.*", "1.5", true), ("==1.*", "2", false), ("==1.5.*", "1.5", true), ("==1.5.0.*", "1.5", true),
    ("!=1.*", "1.5", false), (">1.0", "1.0.post1", false), (">1.0", "1.0+x", false), (">1.0", "1.0.1", true),
    (">1.0.post1", "1.0.post2", true), ("<1.0", "1.0rc1", false), ("<1.0", "0.9", true), ("<1.0rc2", "1.0rc1", true),
    ("~=1.4.2", "1.4.9", true), ("~=1.4.2", "1.5", false), ("~=1.4", "1.9", true), ("~=1.4", "2.0", false),
    ("<=1.0", "1.0+x", true), (">=1.0", "1.0+x", true), ("===1.0", "1.0", true), ("===1.0", "1.0.0", false),
    ("==1!1.*", "1.0", false), ("", "1.0", true), (">=1,<2,!=1.5", "1.5", false), (">=1,<2,!=1.5", "1.6", true),
  ])
  func contains(specifier: String, version: String, expected: Bool) throws {
    let specifiers = try #require(VersionSpecifiers(specifier))
    #expect(specifiers.contains(try #require(Version(version)), allowPrereleases: true) == expected)
  }

  @Test func takesPrereleasesOnlyWhereTheyAreAskedFor() throws {
    let candidate = try #require(Version("2.0rc1"))
    #expect(!VersionSpecifiers.any.contains(candidate, allowPrereleases: false))
    #expect(VersionSpecifiers.any.contains(candidate, allowPrereleases: true))
    #expect(try #require(VersionSpecifiers(">=2.0a1")).contains(candidate, allowPrereleases: false))
    #expect(try !#require(VersionSpecifiers("!=2.0a1")).contains(candidate, allowPrereleases: false))
  }

  @Test func mergesConditions() throws {
    let one = try #require(VersionSpecifiers(">=1"))
    let other = try #require(VersionSpecifiers("<2,>=1"))
    #expect(one.merged(with: other).description == "<2,>=1")
    #expect(one.merged(with: .any) == one)
    #expect(VersionSpecifiers.any.merged(with: one) == one)
  }

  @Test(.enabled(if: PythonOracle.isPresent, Comment(rawValue: PythonOracle.absence)))
  func containsWhatPythonSays() throws {
    let limits = ["1.0", "1", "1.0.0", "1.1a1", "1.0.post1", "1.0.dev0", "1!0.5", "2024.1.1", "0", "1.1rc1.post2"]
    var specifiers = [">=1,<2", "!=1.0,>0.5", "~=1.0,!=1.0.*", "==1.0+local", "!=1.0+abc.2", "===1.0", "===1.0+LOCAL"]
    for limit in limits {
      for symbol in ["==", "!=", "<=", ">=", "<", ">"] { specifiers.append(symbol + limit) }
      if limit.contains(".") { specifiers.append("~=" + limit) }
    }
    specifiers += ["1", "1.0", "1.0.0", "1!0", "2024", "0"].flatMap { ["==\($0).*", "!=\($0).*"] }
    let versions = VersionTests.generated
    let answers = try PythonOracle.run(
      """
      from packaging.version import Version
      from packaging.specifiers import SpecifierSet
      at = lines.index("")
      versions = [Version(line) for line in lines[at + 1:]]
      for line in lines[:at]:
        s = SpecifierSet(line)
        print("".join("y" if s.contains(v, prereleases=True) else "n" for v in versions))
        print("".join("y" if s.contains(v, prereleases=bool(s.prereleases)) else "n" for v in versions))
      """, input: specifiers + [""] + versions)
    try #require(answers.count == specifiers.count * 2)
    for (index, specifier) in specifiers.enumerated() {
      let own = try #require(VersionSpecifiers(specifier))
      for (offset, isAllowed) in [true, false].enumerated() {
        for (text, answer) in zip(versions, answers[index * 2 + offset]) {
          let version = try #require(Version(text))
          if own.contains(version, allowPrereleases: isAllowed) != (answer == "y") {
            Issue.record("\(specifier) and \(text), pre-releases \(isAllowed): Python says \(answer)")
          }
        }
      }
    }
  }

  @Test(.enabled(if: PythonOracle.isPresent, Comment(rawValue: PythonOracle.absence)))
  func readsAndRefusesWhatPythonDoes() throws {
    let pieces = ["1", ".0", ".", ".*", "a1", "rc", "post", "-1", ".dev2", "+x", "v", "!", "=", " ", "*"]
    var random = FixedRandom(seed: 508)
    let texts = (0..<3000).map { _ in
      (["~=", "==", "!=", "<=", ">=", "<", ">", "="].randomElement(using: &random) ?? "")
        + (0..<Int.random(in: 1...5, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
    }.filter { !$0.hasPrefix("===") }
    let answers = try PythonOracle.run(
      """
      from packaging.specifiers import SpecifierSet, InvalidSpecifier
      for line in lines:
        try:
          SpecifierSet(line)
          print("y")
        except InvalidSpecifier: print("n")
      """, input: texts)
    try #require(answers.count == texts.count)
    for (text, answer) in zip(texts, answers) where (VersionSpecifiers(text) != nil) != (answer == "y") {
      Issue.record("'\(text)': Python says \(answer)")
    }
    #expect(answers.contains("y") && answers.contains("n"))
  }
}
