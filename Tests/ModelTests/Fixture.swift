import Model

/// Short ways to say what the tests of pure code are about.
enum Fixture {
  static func name(_ text: String) -> PackageName {
    guard let name = PackageName(text) else { preconditionFailure("the test names no package: \(text)") }
    return name
  }

  static func wheel(_ fileName: String, sha256: String = "aa") -> LockedFile {
    LockedFile(name: fileName, url: "https://index.example.com/\(fileName)", size: 1, sha256: sha256)
  }

  static func locked(
    _ name: String, _ version: String, wheels: [LockedFile]? = nil, sdist: LockedFile? = nil, needs: [String] = []
  ) -> LockedDistribution {
    let file = wheel("\(name.replacing("-", with: "_"))-\(version)-py3-none-any.whl", sha256: "\(name)-\(version)")
    return LockedDistribution(
      name: Fixture.name(name), version: version,
      source: .index(url: "https://index.example.com/simple", wheels: wheels ?? [file], sdist: sdist),
      dependencies: needs.map { Fixture.name($0) })
  }

  static func git(_ name: String, _ version: String, commit: String) -> LockedDistribution {
    let pin = GitPin(
      url: "https://git.example.com/\(name).git", requestedRevision: "main", commit: commit, subdirectory: nil,
      isFollowed: true)
    return LockedDistribution(name: Fixture.name(name), version: version, source: .git(pin), dependencies: [])
  }

  static func lockfile(_ distributions: [LockedDistribution], modules: [(String, String?)] = []) -> Lockfile {
    Lockfile(
      requiresPython: ">=3.11", distributions: distributions, inputsDigest: "sha256:0",
      modules: modules.map { module, distribution in
        LockedModule(
          name: module, section: .links, importPath: module, requirement: distribution,
          distribution: distribution.map { Fixture.name($0) }, answer: distribution == nil ? .provided : .distribution)
      }, baseNeeds: [])
  }

  static let interpreter = Interpreter(
    executable: "/usr/bin/python3", version: "3.11.7", implementation: "cpython", cacheTag: "cpython-311",
    soabi: "cpython-311-x86_64-linux-gnu", markers: [:],
    tags: WheelTags.supported(
      implementation: "cpython", version: (3, 11), soabi: "cpython-311-x86_64-linux-gnu",
      platform: PlatformDescription(name: "linux-x86_64", library: .glibc(major: 2, minor: 36))),
    identity: FileIdentity(size: 1, modified: 1, inode: 1))

  static func module(
    _ name: String, _ requirement: DeclaredRequirement, importPath: String? = nil, section: Module.Section = .links,
    line: Int = 1
  ) -> Module {
    Module(
      name: name, section: section, importPath: importPath ?? name, requirement: requirement,
      location: SourceLocation(file: "config.yml", line: line, column: 3))
  }

  static func environment(_ modules: [Module]) -> DesiredEnvironment {
    var environment = DesiredEnvironment(
      name: "default", kind: .vconServer, location: SourceLocation(file: "config.yml", line: 1, column: 1),
      directory: "/srv")
    environment.modules = modules
    return environment
  }

  static func index(_ text: String) -> DeclaredRequirement {
    guard let parsed = try? RequirementParser.parse(text) else { return .absent }
    return .requirement(
      .index(
        IndexRequirement(
          name: parsed.name, extras: parsed.extras, specifiers: parsed.specifiers, marker: parsed.marker)))
  }

  static func git(_ host: String, reference: String? = nil, userInfo: UserInfo? = nil) -> DeclaredRequirement {
    let url = RemoteURL(scheme: "https", host: host, path: "/org/repo.git", userInfo: userInfo)
    return .requirement(.git(GitRequirement(source: GitSource(url: url, reference: reference))))
  }
}
