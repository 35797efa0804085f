import Model
import Platform
import TestSupport
import Testing

@Suite("Versions that come from tags: as pip has them, at a tag and between tags")
struct VersionFromTagsTests {
  /// A project and its build back end.
  struct Project: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var pyproject: String
  }

  private static let projects = [
    Project(
      testDescription: "setuptools-scm",
      pyproject: """
        [build-system]
        requires = ["setuptools>=77", "setuptools-scm>=8"]
        build-backend = "setuptools.build_meta"
        [project]
        name = "tagged"
        dynamic = ["version"]
        [tool.setuptools]
        packages = ["tagged"]
        [tool.setuptools_scm]

        """),
    Project(
      testDescription: "hatch-vcs",
      pyproject: """
        [build-system]
        requires = ["hatchling", "hatch-vcs"]
        build-backend = "hatchling.build"
        [project]
        name = "tagged"
        dynamic = ["version"]
        [tool.hatch.version]
        source = "vcs"
        [tool.hatch.build.targets.wheel]
        packages = ["tagged"]

        """),
  ]

  @Test(.enabled(if: BuildBackends.directory != nil, Comment(rawValue: BuildBackends.absence)), arguments: projects)
  func areThoseOfPip(_ project: Project) async throws {
    let backends = try #require(BuildBackends.directory)
    try await Scenario.with { scenario in
      for name in try Files.list(backends) where name.hasSuffix(".whl") {
        try Files.write(Files.read("\(backends)/\(name)"), to: "\(scenario.index.root)/\(name)")
      }
      // With a submodule, which must not look like a change of the project.
      let lib = try await GitRepository.create("\(scenario.repositories)/lib.git")
      let inner = try await lib.commit(["lib.h": "int x;\n"])
      let repository = try await GitRepository.create("\(scenario.repositories)/tagged.git")
      try await repository.commit([
        "pyproject.toml": .file(project.pyproject), "tagged/__init__.py": "def run():\n    return 1\n",
        ".gitmodules": "[submodule \"lib\"]\n\tpath = lib\n\turl = ../lib.git\n", "lib": .submodule(inner),
      ])
      try await repository.annotatedTag("v1.4.0", at: "main")
      let between = try await repository.commit(["tagged/more.py": "x = 1\n"])
      try await repository.tag("v1.5.0rc1", at: try await repository.commit(["tagged/again.py": "x = 1\n"]))
      let side = try await repository.commit(["side.py": "x = 1\n"], on: "side")
      try await repository.tag("v9.9", at: side)
      // Over http, where no more is fetched than is asked for; pip clones all of it.
      let server = try GitServer.start(root: scenario.repositories)
      defer { server.stop() }
      let url = "git+\(server.url("tagged.git"))"
      func version(at reference: String) async throws -> String {
        try scenario.moduleSet("t: {module: tagged, pip_name: \"\(url)@\(reference)\"}")
        try await scenario.succeeds("apply")
        let version = try await scenario.python("import importlib.metadata as m; print(m.version('tagged'), end='')")
        #expect(try scenario.lockfile().contains("version = \"\(version)\""))
        let wheels = "\(scenario.directory)/wheels-\(UInt32.random(in: .min ... .max))"
        try await scenario.run(
          try #require(scenario.tools.python), "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-cache-dir",
          "--disable-pip-version-check", "--wheel-dir", wheels, "\(url)@\(reference)")
        // Each back end has its own opinion of the tag, `py3` or `py2.py3`.
        #expect(
          try Files.list(wheels).map { $0.split(separator: "-").prefix(2).joined(separator: "-") } == [
            "tagged-\(version)"
          ])
        return version
      }
      var versions: [String] = []
      for reference in ["v1.4.0", between, "v1.5.0rc1"] { versions.append(try await version(at: reference)) }
      #expect(versions[0] == "1.4.0" && versions[2] == "1.5.0rc1")
      #expect(versions[1].hasPrefix("1.4.1.dev1+g\(between.prefix(7))"))
      // A tag that comes after its commit was built from the branch is noticed by who asks for it.
      try await repository.commit(["tagged/last.py": "x = 1\n"])
      _ = try await version(at: "main")
      try await repository.annotatedTag("v2.0.0", at: "main")
      #expect(try await version(at: "v2.0.0") == "2.0.0")
      // One that comes to a commit which is here already counts for what is built on it.
      try await repository.commit(["tagged/beyond.py": "x = 1\n"])
      _ = try await version(at: "main")
      try await repository.annotatedTag("v3.0.0", at: "main")
      try await repository.commit(["tagged/after.py": "x = 1\n"])
      #expect(try await version(at: "main").hasPrefix("3.0.1.dev1+g"))
    }
  }
}
