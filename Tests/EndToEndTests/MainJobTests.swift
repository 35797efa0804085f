import Model
import Platform
import TestSupport
import Testing

@Suite("The main job, from a YAML file to a Python environment")
struct MainJobTests {
  @Test func moduleSetFromManifestToNoOp() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", "1.0", requires: ["beta>=1"], scripts: ["alpha-run": "alpha:main"]),
        PythonProject("beta", "1.5", requires: ["gamma ; python_version >= '3'"]), PythonProject("gamma", "2.0"),
        PythonProject("delta", "0.3", extras: ["fast": ["epsilon"]]), PythonProject("epsilon", "4.1"))
      let link = try await scenario.repository("link", PythonProject("my-link", "1.2.3", requires: ["beta"]))
      try await link.annotatedTag("v1.2.3", at: "main")
      let mono = try await scenario.repository("mono", PythonProject("tool-one", "0.1"), in: "packages/one")
      let commit = try await mono.id(of: "main")
      try scenario.moduleSet(
        """
        alpha: {module: alpha, pip_name: "alpha>=1,<2", expects: [run]}
        delta: {module: delta, pip_name: "delta[fast]"}
        branch: {module: my_link, pip_name: "\(scenario.gitRequirement("link", "@v1.2.3"))"}
        pinned: {module: tool_one, pip_name: "\(scenario.gitRequirement("mono", "@\(commit)#subdirectory=packages/one"))"}
        system: {module: json}
        """)

      #expect(try await scenario.succeeds("validate").contains("5 modules: valid"))
      #expect(try await scenario.succeeds("lock").contains("Wrote"))
      let lockfile = try scenario.lockfile()
      #expect(lockfile.contains(commit))
      let plan = try await scenario.pinion("plan", "--detailed-exitcode")
      #expect(plan.status == 2)
      #expect(plan.output.contains("7 to install, 0 to replace, 0 to remove"))
      #expect(scenario.current() == nil)
      #expect(try await scenario.succeeds("apply").contains("Applied: generation 1"))
      #expect(try scenario.lockfile() == lockfile)
      #expect(
        try await scenario.installed() == [
          "alpha==1.0", "beta==1.5", "delta==0.3", "epsilon==4.1", "gamma==2.0", "my-link==1.2.3", "tool-one==0.1",
        ])

      #expect(try await scenario.succeeds("apply").contains("up to date"))
      #expect(scenario.current() == "generations/1")
      #expect(try await scenario.pinion("plan", "--detailed-exitcode").status == 0)
      #expect(try await scenario.python("import alpha, my_link; print(alpha.run(), my_link.run())") == "1.0 1.2.3\n")
      #expect(try await scenario.pinion("exec", "--", "python", "-c", "raise SystemExit(7)").status == 7)
      #expect(try await scenario.succeeds("exec", "--", "alpha-run") == "1.0\n")
      #expect(try await scenario.run("\(scenario.state.current("demo"))/bin/alpha-run") == "1.0\n")
    }
  }

  @Test func vconConfigAsItIs() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("custom-utils-package", files: ["custom_utils/__init__.py": PythonProject.module("1.0")]),
        PythonProject("requests", "2.31.0"))
      let repository = try await scenario.repository("repo", PythonProject("github-link-module", "0.9"))
      try await repository.branch("develop", at: "main")
      try scenario.write(
        """
        ingress_auth: {customer_data: "customer-api-key-12345"}
        imports:
          custom_utility: {module: custom_utils, pip_name: custom-utils-package}
          legacy_module: json.decoder
        links:
          transcribe: {module: links.transcribe, ingress-lists: []}
          requests_link: {module: requests, options: {timeout: 30}}
          custom_github_link:
            module: github_link_module
            pip_name: \(scenario.gitRequirement("repo", "@develop"))
            options: {config_param: value}
        tracers:
        storages:
          file: {module: storage.file, options: {file_permissions: 0o644}}
        chains:
          sample_chain: {links: [transcribe], enabled: 1}

        """, to: "config.yml")
      #expect(try await scenario.succeeds("validate").contains("environment default, 6 modules: valid"))
      #expect(try await scenario.succeeds("apply").contains("Applied: generation 1 of default"))
      #expect(
        try await scenario.installed() == ["custom-utils-package==1.0", "github-link-module==0.9", "requests==2.31.0"])
      #expect(try await scenario.succeeds("apply").contains("up to date"))
    }
  }
}
