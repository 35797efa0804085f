import Model
import Testing

@Suite struct RequirementParserTests {
  static let samples = [
    "requests", " requests ", "Requests", "name[extra]>=1,<2", "name [ B , a ] >= 1", "name>=1;python_version<'3'",
    "name >=1 ; python_version < '3' and extra == 'x'", "name(>=1)", "name (>=1,<2) ; os_name == 'nt'",
    "name @ https://example.com/a.whl", "name@https://example.com/a.whl", "name[x] @ file:///a/b.whl ; os_name == 'nt'",
    "name @ git+https://example.com/r.git@v1#subdirectory=x", "a.b-c_d==1.0", "name~=1.0", "name==1.*", "name===x",
    "name[]", "name ()", "name >=1,", "1name", "name\t>=1", "name @ https://example.com/a;b ; os_name == 'nt'",
    "name!=1,==2", "name ;os_name=='a'",
    // What is no requirement.
    "", "-x", "name>", "name=1", "name=>1", "name[", "name[a", "name[a b]", "name[,a]", "name[a,]", "name 1",
    "name 1.0", "name >=1 <2",
    "name @", "name @ ; os_name == 'a'", "name @ https://example.com/a; os_name == 'a'", "name ; ", "name ; os_name",
    "name >=1 extra", "name (>=1", "name >=1)", "name --index-url https://example.com/", "name>=1.*", "name~=1",
    "na me",
    "https://example.com/a.whl", "git+https://example.com/r.git", "./path", "name- ", "näme", "name>=1 # comment",
  ]

  @Test func readsAllParts() throws {
    let parsed = try RequirementParser.parse("My.Name [Extra_B, a] >=1.0, <2 ; python_version >= '3.9'")
    #expect(parsed.name == PackageName("my-name"))
    #expect(parsed.rawName == "My.Name")
    #expect(parsed.extras.map(\.text) == ["extra-b", "a"])
    #expect(parsed.specifiers.description == "<2,>=1.0")
    #expect(parsed.url == nil)
    #expect(parsed.marker?.description == #"python_version >= "3.9""#)
    let direct = try RequirementParser.parse(
      "name[a] @ git+https://example.com/r.git@v1#subdirectory=x ; os_name == 'nt'")
    #expect(direct.url == "git+https://example.com/r.git@v1#subdirectory=x")
    #expect(direct.marker?.description == #"os_name == "nt""#)
    #expect(direct.specifiers == .any)
  }

  @Test(arguments: [
    ("", 0, "the requirement is empty", "write a package's name, for instance 'my-package>=1.0'"),
    ("requests=>2", 8, "'=>' is no version operator", "write '>=2'"),
    ("requests=2", 8, "'=' is no version operator", "write '==2'"),
    ("requests 2.0", 9, "the version '2.0' has no operator in front of it", "write '==2.0'"),
    ("requests>=", 10, "the version after '>=' is missing", "write it, for instance '>=1.0'"),
    ("requests[socks", 8, "the bracket '[' is never closed", "write ']' after the last extra"),
    ("requests[a b]", 11, "a comma is missing between two extras", "write '[a,b]'"),
    ("-requests", 0, "a requirement must begin with the package's name: '-r' is an option", "take it out"),
    ("requests-", 0, "'requests-' is no package name", "a name begins and ends with a letter or a digit"),
    ("*", 0, "a package's name cannot begin with '*'", "names are letters, digits, '-', '_' and '.'"),
    ("./here", 0, "a path stands where the package's name must", "write 'name @ file:///the/path'"),
    ("https://example.com/x", 0, "a URL stands where the package's name must", "write 'name @ URL'"),
    ("git+ssh://example.com/x", 0, "a URL stands where the package's name must", "write 'name @ URL'"),
    (
      "my-package --index-url https://u:secret@example.com/", 11,
      "an option is not understood after the requirement: '--index-url'",
      "take it out, and declare package indexes under 'spec.indexes'"
    ),
    (
      "my-package>=1 --extra-index-url=https://u:secret@example.com/", 14,
      "an option is not understood after the requirement: '--extra-index-url'",
      "take it out, and declare package indexes under 'spec.indexes'"
    ),
    ("name>=1 --pre", 8, "an option is not understood after the requirement: '--pre'", "take it out"),
    (
      "name @ https://example.com/a; os_name == 'a'", 28, "the ';' before a marker needs a space in front of it",
      "write 'name @ URL ; marker'"
    ),
    (
      "name>=1 other", 8, "'other' is not understood after the requirement",
      "write one requirement; a condition follows after ';'"
    ),
    ("name>=1)", 7, "')' closes nothing", "take it out"),
    ("name # why", 5, "a comment is not understood after the requirement", "take it out"),
    ("näme", 1, "'ä' is not understood after the name", "the operators are ~= == != <= >= < > ==="),
    ("name ; python_version >= 3", 25, "'3' needs quotes", #"write "3""#),
  ])
  func saysWhatIsWrong(text: String, offset: Int, message: String, hint: String) {
    #expect(throws: RequirementParser.Problem(message: message, offset: offset, hint: hint)) {
      try RequirementParser.parse(text)
    }
  }

  @Test func neverShowsWhatMayBeSecret() {
    for text in [
      "https://user:secret@example.com/x", "name https://user:secret@example.com/x",
      "name @ https://secret@x.example; y",
      "-ihttps://secret@example.com/", "name --index-url=https://secret@example.com/",
      "name @ https://secret@example.com/ secret",
      "--extra-index-url=https://secret@example.com/", "name==https://secret@example.com/",
      "name (https://secret@example.com/)", "name (>=1 https://secret@example.com/)", "name=>https://secret@x.example",
      "name>=1,2://secret@x.example", "name ; os_name == 'a' https://secret@example.com/",
      "name[https://secret@example.com/]", "name ; secret@example.com == 'x", "name ~= secret@example.com",
      "name secret@example.com/x", "secret_@example.com/x", "name[secret_@example.com]",
    ] {
      let problem = #expect(throws: RequirementParser.Problem.self) { try RequirementParser.parse(text) }
      #expect(problem.map { !"\($0)".contains("secret") } == true, "\(text)")
    }
  }

  @Test(.enabled(if: PythonOracle.isPresent, Comment(rawValue: PythonOracle.absence)))
  func readsWhatPythonReads() throws {
    let answers = try PythonOracle.run(
      """
      from packaging.requirements import Requirement, InvalidRequirement
      from packaging.utils import canonicalize_name
      for line in lines:
        try:
          r = Requirement(line)
          extras = ",".join(sorted(canonicalize_name(e) for e in r.extras))
          print("|".join([r.name, extras, str(r.specifier), r.url or "", "marker" if r.marker else ""]))
        except InvalidRequirement: print("-")
      """, input: Self.samples)
    let own = Self.samples.map { text in
      guard let parsed = try? RequirementParser.parse(text) else { return "-" }
      return [
        parsed.rawName, parsed.extras.map(\.text).sorted().joined(separator: ","), parsed.specifiers.description,
        parsed.url ?? "", parsed.marker == nil ? "" : "marker",
      ].joined(separator: "|")
    }
    try #require(own.count == answers.count)
    for (text, (mine, theirs)) in zip(Self.samples, zip(own, answers)) {
      #expect(mine == theirs, "'\(text)'")
    }
  }
}
