import Model
import Platform
import TestSupport
import Testing

@Suite("Archives and directories: installed as they are named, and noticed when they change")
struct DirectTests {
  @Test func wheelsAndSourceArchivesAreInstalledFromTheirURLs() async throws {
    try await Scenario.with { scenario in
      var source = PythonProject("sourced", "0.3", requires: ["beta"])
      source.isSdist = true
      try scenario.index.publish(PythonProject("alpha", "1.0", requires: ["beta"]), PythonProject("beta"), source)
      let files = "http://127.0.0.1:\(scenario.index.port)/files"
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: \"\(files)/alpha-1.0-py3-none-any.whl\"}\n"
          + "s: {module: sourced, pip_name: \"sourced @ \(files)/sourced-0.3.tar.gz\"}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0", "sourced==0.3"])
      let lockfile = try scenario.lockfile()
      #expect(lockfile.contains("archive = { url = \"\(files)/alpha-1.0-py3-none-any.whl\""))
      #expect(try await scenario.succeeds("apply", "--locked").contains("up to date"))
      #expect(try await scenario.succeeds("apply").contains("up to date"))
      // A fresh host needs nothing but the lockfile, and other tools read it.
      try Files.remove(scenario.state.root)
      try await scenario.succeeds("apply", "--locked")
      let direct = try await scenario.python(
        "import importlib.metadata as m; print(m.distribution('alpha').read_text('direct_url.json'))")
      #expect(direct.contains("\"archive_info\""))
      try await scenario.agreesWithOtherTools()
    }
  }

  @Test func anArchiveThatWasReplacedIsTakenOnlyByName() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"))
      let url = "http://127.0.0.1:\(scenario.index.port)/files/alpha-1.0-py3-none-any.whl"
      try scenario.moduleSet("a: {module: alpha, pip_name: \"\(url)\"}")
      try await scenario.succeeds("apply")
      var other = PythonProject("alpha", "1.0")
      other.files["alpha/__init__.py"] = PythonProject.module("replaced")
      try scenario.index.publish(other)
      #expect(try await scenario.succeeds("apply").contains("up to date"))
      let refused = try await scenario.fails("apply", "--upgrade")
      #expect(refused.contains("the archive was replaced since it was locked") && refused.contains("--upgrade a"))
      try await scenario.succeeds("apply", "--upgrade", "a")
      #expect(try await scenario.python("import alpha; print(alpha.__version__)") == "replaced\n")
    }
  }

  @Test func aHashThatIsNamedMustBeTheFiles() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"))
      let url = "http://127.0.0.1:\(scenario.index.port)/files/alpha-1.0-py3-none-any.whl"
      let wrong = String(repeating: "0", count: 64)
      try scenario.moduleSet("a: {module: alpha, pip_name: \"\(url)#sha256=\(wrong)\"}")
      let text = try await scenario.fails("apply")
      #expect(text.contains("alpha-1.0-py3-none-any.whl is not the file that the requirement names"))
      let page = try await WebPage.text(scenario.index.url() + "/alpha/", in: scenario)
      let digest = try #require(page.firstMatch(of: /"sha256": "([0-9a-f]{64})"/)?.1)
      try scenario.moduleSet("a: {module: alpha, pip_name: \"\(url)#sha256=\(digest)\"}")
      try await scenario.succeeds("apply")
      #expect(try scenario.lockfile().contains(String(digest)))
    }
  }

  @Test func aDirectoryIsFollowedAsABranchIs() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("beta"))
      try scenario.writeTree(PythonProject("my-link", "0.1", requires: ["beta"]), to: "links/my link")
      try scenario.moduleSet("l: {module: my_link, pip_name: \"./links/my link\"}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["beta==1.0", "my-link==0.1"])
      #expect(try scenario.lockfile().contains("directory = { path = \"links/my link\" }"))
      // A build leaves nothing in the user's directory.
      #expect(!Files.exists("\(scenario.project)/links/my link/build"))
      #expect(try await scenario.succeeds("apply").contains("up to date"))

      try scenario.writeTree(PythonProject("my-link", "0.2", requires: ["beta"]), to: "links/my link")
      #expect(try await scenario.succeeds("apply", "--locked").contains("up to date"))
      #expect(try await scenario.pinion("plan", "--detailed-exitcode").status == 2)
      #expect(try await scenario.succeeds("apply").contains("~ my-link  0.1 → 0.2"))
      #expect(try await scenario.python("import my_link; print(my_link.__version__)") == "0.2\n")

      // What is locked cannot be had any more once store and cache are gone.
      try scenario.writeTree(PythonProject("my-link", "0.3", requires: ["beta"]), to: "links/my link")
      try Files.remove(scenario.state.root)
      let stale = try await scenario.fails("apply", "--locked")
      #expect(stale.contains("the directory was changed since it was locked"))
    }
  }

  @Test func anArchiveOnDiskIsFollowedToo() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"))
      let wheel = try await WebPage.bytes(
        "http://127.0.0.1:\(scenario.index.port)/files/alpha-1.0-py3-none-any.whl", in: scenario)
      try Files.makeDirectory("\(scenario.project)/wheels")
      let path = "\(scenario.project)/wheels/alpha-1.0-py3-none-any.whl"
      try Files.write(wheel, to: path)
      try scenario.moduleSet("a: {module: alpha, pip_name: wheels/alpha-1.0-py3-none-any.whl}")
      try await scenario.succeeds("apply")
      #expect(try scenario.lockfile().contains("archive = { path = \"wheels/alpha-1.0-py3-none-any.whl\""))
      var other = PythonProject("alpha", "1.0")
      other.files["alpha/__init__.py"] = PythonProject.module("replaced")
      try scenario.index.publish(other)
      try Files.write(
        try await WebPage.bytes(
          "http://127.0.0.1:\(scenario.index.port)/files/alpha-1.0-py3-none-any.whl", in: scenario), to: path)
      try await scenario.succeeds("apply")
      #expect(try await scenario.python("import alpha; print(alpha.__version__)") == "replaced\n")
      try Files.remove(path)
      #expect(try await scenario.fails("apply").contains("the archive does not exist"))
      #expect(try await scenario.succeeds("apply", "--locked").contains("up to date"))
    }
  }

  @Test func aProjectInAnArchivesDirectoryIsFound() async throws {
    try await Scenario.with { scenario in
      try scenario.writeTree(PythonProject("one", "1.0"), to: "tree/repo-1/packages/one")
      for (format, file) in [("zip", "repo.zip"), ("gztar", "repo.tar.gz"), ("bztar", "repo.tar.bz2")] {
        let base = file.prefix { $0 != "." }
        try await scenario.run(
          scenario.tools.plainPython, "-c",
          "import shutil; shutil.make_archive('\(base)', '\(format)', 'tree')")
        try scenario.moduleSet("o: {module: one, pip_name: \"./\(file)#subdirectory=packages/one\"}")
        try await scenario.succeeds("apply")
        #expect(try await scenario.python("import one; print(one.__version__)") == "1.0\n")
      }
      try scenario.moduleSet("o: {module: one, pip_name: \"./repo.zip\"}")
      let text = try await scenario.fails("apply")
      #expect(text.contains("the archive holds no Python project") && text.contains("#subdirectory="))
    }
  }

  @Test func anArchiveThatLeadsElsewhereIsRefused() async throws {
    try await Scenario.with { scenario in
      try await scenario.run(
        scenario.tools.plainPython, "-c",
        """
        import io, tarfile
        with tarfile.open("evil.tar.gz", "w:gz") as archive:
            entry = tarfile.TarInfo("../../escaped")
            entry.size = 1
            archive.addfile(entry, io.BytesIO(b"x"))
        """)
      try scenario.moduleSet("e: {module: evil, pip_name: ./evil.tar.gz}")
      #expect(try await scenario.fails("apply").contains("the archive cannot be unpacked"))
    }
  }

  @Test func anArchiveBehindATokenIsFetchedWithIt() async throws {
    var options = IndexServer.Options()
    options.token = Scenario.token
    try await Scenario.with(index: options) { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"))
      let place = "127.0.0.1:\(scenario.index.port)/files/alpha-1.0-py3-none-any.whl"
      try scenario.moduleSet("a: {module: alpha, pip_name: \"http://user:${GIT_TOKEN}@\(place)\"}")
      let variables = ["PIP_INDEX_URL": scenario.index.url(userInfo: "user:\(Scenario.token)")]
      try await scenario.succeeds("apply", with: variables)
      #expect(try scenario.lockfile().contains("url = \"http://\(place)\""))
      #expect(!(try scenario.lockfile().contains(Scenario.token)))
      try scenario.moduleSet("a: {module: alpha, pip_name: \"http://\(place)\"}")
      try Files.remove(scenario.state.root)
      try Files.remove("\(scenario.project)/pylock.demo.toml")
      let text = try await scenario.fails("lock", with: ["PIP_INDEX_URL": "http://127.0.0.1:9/simple"])
      #expect(text.contains("the server refused alpha-1.0-py3-none-any.whl"))
    }
  }

  @Test func theNewestTagInARangeIsFollowed() async throws {
    try await Scenario.with { scenario in
      let repository = try await scenario.repository("link", PythonProject("my-link", "1.0"))
      try await repository.tag("v1.0", at: "main")
      try scenario.moduleSet(
        "l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link", "@semver:>=1,<2"))\"}")
      try await scenario.succeeds("apply")
      for version in ["1.9", "1.10", "2.0"] {
        try await repository.commit(try PythonProject("my-link", version).tree())
        try await repository.tag("v\(version)", at: "main")
      }
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["my-link==1.10"])
      #expect(try await scenario.succeeds("apply", "--locked").contains("up to date"))
    }
  }
}
