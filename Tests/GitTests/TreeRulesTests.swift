import GitWire
import Testing

@Suite struct TreeRulesTests {
  @Test(
    arguments: [
      ["a": .file, "d": .directory, "d/l": .link("../a")],
      ["l": .link("missing")],
      ["d": .directory, "d/e": .directory, "d/e/up": .link("../.."), "x": .link("d/e/up/d/e")],
      ["l": .link("./d//f"), "d": .directory, "d/f": .file],
      ["..x": .file, ".github": .directory, ".gitignore": .file, "git": .file],
      ["loop": .link("loop2"), "loop2": .link("x/../loop3")],
      ["lib": .submodule, "l": .link("lib/include"), "d": .directory, "d/l": .link("../lib/x/y")],
      ["a": .file, "b": .file, "ab": .file, "a.b": .file, "stra\u{DF}e": .file, "strase": .file],
    ] as [[String: TreeRules.Entry]])
  func allows(_ entries: [String: TreeRules.Entry]) {
    #expect(TreeRules(entries).complaint() == nil)
  }

  @Test(
    arguments: [
      (["l": .link("/etc/passwd")], "'l' leads out"),
      (["l": .link("../x")], "'l' leads out"),
      (["d": .directory, "d/l": .link("../../x")], "'d/l' leads out"),
      (["l": .link("a/../../x")], "'l' leads out"),
      // Each link stays inside by its text alone; together they do not.
      (["d": .directory, "d/e": .directory, "d/e/up": .link("../.."), "x": .link("d/e/up/../y")], "'x' leads out"),
      (["a": .link("b"), "b": .link("/")], "'a' leads out"),
      (["l": .link(".git/config")], "'l' leads out"),
      (["a": .link("b"), "b": .link("a")], "'a' leads out"),
      ([".git": .directory, ".git/config": .file], "'.git' must not"),
      (["d/.GIT": .file], "'.GIT' must not"),
      (["d/.git ": .file], "'.git ' must not"),
      (["git~1": .file], "'git~1' must not"),
      ([".g\u{200C}it": .file], "must not"),
      (["../x": .file], "'..' must not"),
      (["a//b": .file], "must not"),
      // A link in the submodule may have led up already: its `..` would be one too many.
      (["lib": .submodule, "l": .link("lib/x/../../y")], "'l' leads out"),
      (["lib": .submodule, "d": .link("lib/x"), "l": .link("d/../y")], "'l' leads out"),
      (["lib": .submodule, "l": .link("lib/.git/config")], "'l' leads out"),
      (["README": .file, "readme": .file], "'README' and 'readme', which are one"),
      (["A": .directory, "A/x": .file, "a": .directory, "a/y": .file], "'A' and 'a', which are one"),
      (["d/x": .file, "D/y": .file, "d": .directory, "D": .directory], "'D' and 'd'"),
      (["Stra\u{DF}e": .file, "strasse": .file], "which are one"),
      (["\u{212A}": .file, "k": .file], "which are one"),
      (["\u{17F}": .file, "s": .file], "which are one"),
      (["\u{3A3}": .file, "\u{3C2}": .file], "which are one"),
      (["caf\u{E9}": .file, "CAFE\u{301}": .file], "which are one"),
      (["a\u{200C}b": .file, "ab": .file], "which are one"),
    ] as [([String: TreeRules.Entry], String)])
  func refuses(_ entries: [String: TreeRules.Entry], saying words: String) throws {
    let complaint = try #require(TreeRules(entries).complaint())
    #expect(complaint.contains(words))
  }
}
