import GitWire
import Platform
import TestSupport
import Testing

@Suite struct ConfigTextTests {
  /// Texts as people and attackers write them.
  private static let texts = [
    "[submodule \"a\"]\n\tpath = a\n\turl = ../a.git\n",
    "# comment\n; another\n\n[submodule \"a b\"] path = x # why\n url = \"https://example.com/#frag;x\" ; more\n",
    "[submodule \"a\\\"b\\\\c\"]\r\n  path = vendor/lib\r\n  url = ./x\\ty\\n\\bz\r\n",
    "[submodule \"a\"]\n url = one \\\n  two\n path = \"  kept  \"  \n flag\n",
    "\u{FEFF}[Submodule \"Case\"]\nURL = Big\nPath=small\n[core]x=y\n",
    "[submodule \"a\"] url = \"half\"and\"half\"\n\n\n[submodule \"b\"]\nurl =\npath = b",
    "[include]\n path = /etc/passwd\n[submodule \"a\"]\n url = ü/ñ\n",
    "[submodule.Old]\n url = x\n[submodule \"\"]\n url = y\n",
    "[a-b.c \"d\"]\n e-f1 = two  spaces\n",
    "[submodule \"a\"]\n url = \"never ends\n", "[submodule \"a\n\"]\n url = x\n", "[submodule \"a\"\n url = x\n",
    "[submodule a]\n url = x\n", "[submodule \"a\"]\n 1url = x\n", "[submodule \"a\"]\n url x\n",
    "[submodule \"a\"]\n url = \\q\n", "[sub_module]\n a = b\n", "[submodule \"a\"] ]\n",
    "[submodule \"a\"]\n url = x\\",
    "[submodule \"a\"]x]\n url = b\n", "[", "", "[submodule",
  ]

  @Test(arguments: texts)
  func readsWhatGitReads(_ text: String) async throws {
    try await TemporaryDirectory.with { directory in
      let file = "\(directory)/config"
      try Files.write(text, to: file)
      let result = try await ChildProcess.run(
        "/usr/bin/env", ["git", "config", "--file", file, "--no-includes", "--null", "--list"],
        environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": directory], deadline: 60)
      guard result.status == 0 else {
        #expect(throws: ConfigText.Problem.self) { try ConfigText(text.utf8) }
        return
      }
      let expected = result.output.split(separator: "\0").map(String.init)
      let found = try ConfigText(text.utf8).entries.map { entry in
        entry.section + (entry.subsection.map { ".\($0)" } ?? "") + ".\(entry.key)"
          + (entry.value.map { "\n\($0)" } ?? "")
      }
      #expect(found == expected)
    }
  }

  @Test func saysWhichLine() {
    // The first is a setting of no section, which git takes.
    for (text, line) in [("url = x\n", 1), ("[a]\nb = c\n!\n", 3), ("[a]\nb = \0\n", 2)] {
      let problem = #expect(throws: ConfigText.Problem.self) { try ConfigText(text.utf8) }
      #expect(problem?.line == line)
    }
  }

  private static let commits = ["vendor/lib": "11", "b": "22"]

  @Test func findsTheSubmodulesOfATree() throws {
    let text = """
      [submodule "one"]
        path = vendor/lib
        url = ../lib.git
        branch = main
      [submodule "b"]
        path = b
        url = https://example.com/b.git
      [submodule "gone"]
        path = gone
      [submodule "b again"]
        path = b
        url = https://example.com/b.git
      """
    #expect(
      try GitSubmodule.read(text.utf8, of: Self.commits) == [
        GitSubmodule(path: "b", commit: "22", url: "https://example.com/b.git"),
        GitSubmodule(path: "vendor/lib", commit: "11", url: "../lib.git"),
      ])
  }

  /// What a submodule called `name`, at a path and with a URL, is refused for. Source: CVE-2018-11235, CVE-2018-17456.
  @Test(
    arguments: [
      ("[submodule \"../../x\"]\n path = b\n url = u\n", "'../../x', which leads elsewhere"),
      ("[submodule \"a/../b\"]\n path = b\n url = u\n", "leads elsewhere"),
      ("[submodule \"..\\\\..\\\\x\"]\n path = b\n url = u\n", "leads elsewhere"),
      ("[submodule \"-x\"]\n path = b\n url = u\n", "leads elsewhere"),
      ("[submodule \"\"]\n path = b\n url = u\n", "leads elsewhere"),
      ("[submodule \"a\"]\n path = b\n url = -u./payload\n", "the URL '-u./payload'"),
      ("[submodule \"a\"]\n path = b\n url = \"x\\nhost=evil\"\n", "the URL 'x\u{FFFD}host=evil'"),
      ("[submodule \"a\"]\n path = -b\n url = u\n", "the path '-b'"),
      ("[submodule \"a\"]\n path = /b\n url = u\n", "the path '/b'"),
      ("[submodule \"a\"]\n path = ../b\n url = u\n", "the path '../b'"),
      ("[submodule \"a\"]\n path = .git/hooks\n url = u\n", "the path '.git/hooks'"),
      ("[submodule \"a\"]\n path = b\n url = u\n[submodule \"c\"]\n path = b\n url = v\n", "has two URLs"),
      ("[submodule \"a\"]\n path = b\n", "'b' has no URL"),
      ("[submodule \"a\"]\n path = c\n url = u\n", "says nothing"),
      ("[include]\n path = /etc/passwd\n", "wants other files"),
      ("[includeIf \"gitdir:x\"]\n path = /etc/passwd\n", "wants other files"),
      ("nonsense", "in line 1"),
    ])
  func refuses(_ text: String, saying words: String) throws {
    let fault = #expect(throws: GitFault.self) { try GitSubmodule.read(text.utf8, of: ["b": "22"]) }
    #expect(fault?.kind == .unfit && fault?.message.contains(words) == true, "\(String(describing: fault))")
  }
}
