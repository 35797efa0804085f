import Model
import Platform
import TestSupport
import Testing

/// The snippets of the vCon Server's documentation of dynamic modules, as they stand there, with hosts of our own.
@Suite("Snippets of the vCon Server's documentation")
struct ReferenceSnippetTests {
  /// A snippet and what must be importable after it was applied.
  struct Snippet: Sendable, CustomTestStringConvertible {
    var title: String
    var text: String
    var modules: [String]
    var testDescription: String { title }
  }

  static let snippets = [
    Snippet(
      title: "Configuration, from PyPI",
      text: """
        links:
          custom_link:
            module: custom_link_package.main
            pip_name: custom-link-package
            options:
              api_key: your-key
        """, modules: ["custom_link_package.main"]),
    Snippet(
      title: "Configuration, from GitHub",
      text: """
        links:
          github_link:
            module: github_link.processor
            pip_name: git+https://github.com/username/repo.git
            options:
              setting: value
        """, modules: ["github_link.processor"]),
    Snippet(
      title: "Configuration, from GitHub branch and tag",
      text: """
        links:
          dev_link:
            module: dev_link.main
            pip_name: git+https://github.com/username/repo.git@develop
            
          versioned_link:
            module: versioned_link.main
            pip_name: git+https://github.com/username/repo.git@v1.2.3
        """, modules: ["dev_link.main", "versioned_link.main"]),
    Snippet(
      title: "Configuration, from private GitHub",
      text: """
        links:
          private_link:
            module: private_link.main
            pip_name: git+https://${GITHUB_TOKEN}@github.com/org/private-repo.git
        """, modules: ["private_link.main"]),
    Snippet(
      title: "Import configuration",
      text: """
        imports:
          # Simple import
          requests_lib:
            module: requests
            
          # PyPI package
          custom_utils:
            module: custom_utils
            pip_name: custom-utils-package
            
          # GitHub repository
          shared_lib:
            module: shared_library
            pip_name: git+https://github.com/org/shared-lib.git
        """, modules: ["requests", "custom_utils", "shared_library"]),
    Snippet(
      title: "Version pinning, PyPI",
      text: """
        # PyPI with version
        links:
          stable_link:
            module: stable_link
            pip_name: stable-link-package==1.2.3
        """, modules: ["stable_link"]),
    Snippet(
      title: "Version pinning, GitHub",
      text: """
        # GitHub with tag
        links:
          tagged_link:
            module: tagged_link
            pip_name: git+https://github.com/org/repo.git@v1.2.3
        """, modules: ["tagged_link"]),
  ]

  @Test(arguments: snippets) func locksAppliesAndImports(_ snippet: Snippet) async throws {
    try await Scenario.with { scenario in
      try Self.publishPackages(scenario)
      try await Self.makeRepositories(scenario)
      // What is public needs no token; what is private has one.
      let open = try GitServer.start(root: scenario.repositories)
      defer { open.stop() }
      let text = snippet.text
        .replacing(
          "https://${GITHUB_TOKEN}@github.com/", with: "http://${GITHUB_TOKEN}@127.0.0.1:\(scenario.git.port)/"
        )
        .replacing("https://github.com/", with: "http://127.0.0.1:\(open.port)/")
      try scenario.write(text + "\n", to: "config.yml")
      let variables = ["GITHUB_TOKEN": Scenario.token]
      try await scenario.succeeds("lock", with: variables)
      try await scenario.succeeds("apply", with: variables)
      for module in snippet.modules {
        #expect(try await scenario.python("import \(module) as m; print(m.__name__)") == "\(module)\n")
      }
      #expect(try await scenario.succeeds("apply", with: variables).contains("up to date"))
    }
  }

  private static func publishPackages(_ scenario: Scenario) throws {
    try scenario.index.publish(
      project("custom-link-package", "2.0", ["custom_link_package/main.py"]), PythonProject("requests", "2.32.0"),
      project("custom-utils-package", "0.1", ["custom_utils/__init__.py"]),
      project("stable-link-package", "1.2.3", ["stable_link.py"]),
      project("stable-link-package", "1.3.0", ["stable_link.py"]))
  }

  private static func makeRepositories(_ scenario: Scenario) async throws {
    for owner in ["username", "org"] { try Files.makeDirectory("\(scenario.repositories)/\(owner)") }
    let first = try await scenario.repository(
      "username/repo", project("github-link", "1.0", ["github_link/__init__.py", "github_link/processor.py"]))
    try await first.commit(
      try project("dev-link", "2.0", ["dev_link/__init__.py", "dev_link/main.py"]).tree(), on: "develop")
    try await first.commit(
      try project("versioned-link", "1.2.3", ["versioned_link/__init__.py", "versioned_link/main.py"]).tree(),
      on: "release")
    try await first.tag("v1.2.3", at: "release")
    _ = try await scenario.repository("org/private-repo", project("private-link", "1.0", ["private_link/main.py"]))
    _ = try await scenario.repository("org/shared-lib", project("shared-lib", "1.0", ["shared_library/__init__.py"]))
    let second = try await scenario.repository("org/repo", project("tagged-link", "1.2.3", ["tagged_link/__init__.py"]))
    try await second.annotatedTag("v1.2.3", at: "main")
  }

  private static func project(_ name: String, _ version: String, _ files: [String]) -> PythonProject {
    PythonProject(
      name, version,
      files: Dictionary(files.map { ($0, PythonProject.module(version)) }, uniquingKeysWith: { first, _ in first }))
  }
}
