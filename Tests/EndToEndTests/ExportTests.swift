import FoundationEssentials
import Model
import Platform
import TestSupport
import Testing

@Suite("export: requirements for pip, and a bill of materials")
struct ExportTests {
  /// Index packages of two indexes, an archive, and a module from a repository on disk.
  private func withLockfile(hasGit: Bool, _ test: (Scenario) async throws -> Void) async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", "1.0", requires: ["beta>=1"]), PythonProject("beta", "1.5"),
        PythonProject("gamma", "3.0"))
      let repository = try await scenario.repository("link", PythonProject("my-link", "1.2.3", requires: ["beta"]))
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\ng: {module: gamma, pip_name: \"http://127.0.0.1:\(scenario.index.port)/files/gamma-3.0-py3-none-any.whl\"}"
          + (hasGit
            ? "\nmine: {module: my_link, pip_name: \"git+file://\(repository.path.percentEncodedPath)@main\"}" : ""))
      try await scenario.succeeds("apply")
      try await test(scenario)
    }
  }

  /// What pip installs from the file is what Pinion installed.
  @Test(arguments: [false, true])
  func pipInstallsTheSame(hasGit: Bool) async throws {
    try await withLockfile(hasGit: hasGit) { scenario in
      let written = try await scenario.succeeds("export", "--format", "requirements", "-o", "requirements.txt")
      #expect(written == "")
      let python = try #require(scenario.tools.python)
      let environment = "\(scenario.directory)/pip"
      try await scenario.run(python, "-m", "venv", "--without-pip", environment)
      // pip has no hashes of git commits, and has to be told to go on without.
      let mode = hasGit ? "--no-require-hashes" : "--require-hashes"
      try await scenario.run(
        python, "-m", "pip", "--python", "\(environment)/bin/python", "install", "--quiet", "--no-deps", mode, "-r",
        "requirements.txt", with: ["PIP_CACHE_DIR": "\(environment)/cache"])
      let found = try await scenario.run(
        "\(environment)/bin/python", "-c",
        "from importlib.metadata import distributions as d; print('\\n'.join(sorted(f\"{x.name}=={x.version}\" for x in d())))"
      )
      let expected = try await scenario.installed()
      #expect(found.split(separator: "\n").map(String.init) == expected)
      try scenario.expectRecorded(
        try masked(String(decoding: Files.read("\(scenario.project)/requirements.txt"), as: UTF8.self), scenario),
        named: hasGit ? "export-requirements-git" : "export-requirements")
      // The same lockfile gives the same bytes, and standard output has them, too.
      let again = try await scenario.succeeds("export")
      #expect(try again == String(decoding: Files.read("\(scenario.project)/requirements.txt"), as: UTF8.self))
      let bare = try await scenario.succeeds("export", "--no-hashes", "pylock.demo.toml")
      #expect(bare.split(separator: "\n").filter { !$0.hasPrefix("    ") }.count == bare.split(separator: "\n").count)
      #expect(bare.contains("alpha==1.0\n"))
    }
  }

  /// A wheel with other content is refused by what the file says.
  @Test func hashesAreHeld() async throws {
    try await withLockfile(hasGit: false) { scenario in
      let text = try await scenario.succeeds("export")
      let digest = try #require(text.firstMatch(of: /sha256:([0-9a-f]{64})/)?.1)
      try scenario.write(text.replacing(digest, with: String(repeating: "0", count: 64)), to: "requirements.txt")
      let tool = CommandLineTool(
        scenario.tools.uv, environment: scenario.environment, workingDirectory: scenario.project)
      try await scenario.run(scenario.tools.uv, "venv", "--quiet", "--python", scenario.tools.plainPython, "other")
      let outcome = try await tool.run(
        [
          "pip", "install", "--quiet", "--no-cache", "--python", "other/bin/python", "--no-deps", "--require-hashes",
          "-r", "requirements.txt",
        ])
      #expect(outcome.status != 0 && outcome.text.lowercased().contains("hash mismatch"), "uv said: \(outcome.text)")
    }
  }

  /// CycloneDX's own library accepts the document, and reads the same components in it.
  @Test func theBillOfMaterialsIsValid() async throws {
    try await withLockfile(hasGit: true) { scenario in
      let text = try await scenario.succeeds("export", "--format", "cyclonedx")
      try scenario.write(text, to: "bom.json")
      let check = """
        import json, sys
        from cyclonedx.model.bom import Bom
        from cyclonedx.schema import SchemaVersion
        from cyclonedx.validation.json import JsonStrictValidator
        text = open("bom.json").read()
        problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
        if problem: sys.exit(str(problem))
        bom = Bom.from_json(json.loads(text))
        bom.validate()
        for component in sorted(bom.components, key=lambda c: c.name):
            print(component.name, component.version, component.purl.type, component.purl.name, component.purl.version)
        """
      let found = try await scenario.run(#require(scenario.tools.python), "-c", check)
      #expect(
        found
          == "alpha 1.0 pypi alpha 1.0\nbeta 1.5 pypi beta 1.5\ngamma 3.0 pypi gamma 3.0\nmy-link 1.2.3 pypi my-link 1.2.3\n"
      )
      try scenario.expectRecorded(try masked(text, scenario), named: "export-cyclonedx")
      #expect(try await scenario.succeeds("export", "--format", "cyclonedx") == text)
    }
  }

  @Test func saysWhatItCannotExport() async throws {
    try await Scenario.with { scenario in
      try scenario.moduleSet("j: {module: json}")
      var text = ""
      for (arguments, status) in [
        (["export"], Int32(1)), (["export", "nothing.toml"], 1), (["export", "pinion.yaml"], 1),
        (["export", "--format", "json"], 64), (["export", "-f", "both"], 64),
      ] {
        try scenario.moduleSet("j: {module: json}", name: "one", file: "both/one.yaml")
        try scenario.moduleSet("j: {module: json}", name: "two", file: "both/two.yaml")
        let outcome = try await scenario.tool().run(arguments)
        #expect(outcome.status == status, "it said: \(outcome.text)")
        text += "$ pinion \(arguments.joined(separator: " "))\n\(outcome.text)\n"
      }
      try scenario.expectRecorded(text, named: "complaints-export")
    }
  }

  /// Ports and digests are others in each run.
  private func masked(_ text: String, _ scenario: Scenario) throws -> String {
    text.replacing(scenario.index.url(), with: "INDEX/").replacing(/127\.0\.0\.1:[0-9]+/, with: "HOST")
      .replacing(/[0-9a-f]{64}/, with: "DIGEST").replacing(/urn:uuid:[0-9a-f-]{36}/, with: "urn:uuid:UUID")
      .replacing(scenario.directory.percentEncodedPath, with: "DIR")
  }
}
