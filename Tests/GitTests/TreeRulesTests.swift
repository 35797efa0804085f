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
      (["vendor/lib": .submodule], "submodule 'vendor/lib'"),
    ] as [([String: TreeRules.Entry], String)])
  func refuses(_ entries: [String: TreeRules.Entry], saying words: String) throws {
    let complaint = try #require(TreeRules(entries).complaint())
    #expect(complaint.contains(words))
  }
}
