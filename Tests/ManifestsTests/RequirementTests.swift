import Manifests
import Model
import Testing

@Suite struct RequirementTests {
  private func load(_ pipName: String, _ variables: [String: String] = [:]) throws -> Model.Module {
    let fixture = try ManifestFixture(["config.yml": link(pipName)])
    fixture.variables = variables
    return try #require(try fixture.load().environments.first?.modules.first)
  }

  @Test(arguments: [
    ("name", "name"), ("Name_x[B,a] >= 1 , <2", "name-x[a,b]<2,>=1"),
    ("name==1.2.3 ; python_version >= '3.11'", "name==1.2.3 ; python_version >= \"3.11\""),
    ("git+https://Example.com/org/repo.git", "git+https://example.com/org/repo.git"),
    ("git+https://example.com/org/repo.git/", "git+https://example.com/org/repo.git"),
    ("git+http://127.0.0.1:8080/repo.git@feature/login", "git+http://127.0.0.1:8080/repo.git@feature/login"),
    ("git+file:///srv/repo.git@v1", "git+file:///srv/repo.git@v1"),
    ("git+file://localhost/srv/repo.git", "git+file:///srv/repo.git"),
    ("git+https://example.com/a@b/repo@main", "git+https://example.com/a@b/repo@main"),
    (
      "git+https://example.com/r.git@v1#subdirectory=packages/my%20link/&egg=My_Link[x]",
      "my-link[x] @ git+https://example.com/r.git@v1#subdirectory=packages/my%20link"
    ),
    (
      "my-link[x] @ git+https://example.com/r@v1 ; os_name == 'posix'",
      "my-link[x] @ git+https://example.com/r@v1 ; os_name == \"posix\""
    ),
    ("git+https://example.com/r@v1 ; os_name == 'posix'", "git+https://example.com/r@v1 ; os_name == \"posix\""),
    ("git+https://[::1]:8443/r.git", "git+https://[::1]:8443/r.git"),
    ("git+https://example.com/r.git?x=1@2@v1", "git+https://example.com/r.git?x=1@2@v1"),
    ("git+https://${HOST}/org/${NAME}.git@${REF:-main}", "git+https://example.com/org/link.git@main"),
    ("${PIP}", "whole==2"), ("$${name}==1", nil), ("a$$b", nil),
  ])
  func reads(pipName: String, expected: String?) throws {
    let variables = ["HOST": "example.com", "NAME": "link", "PIP": "whole==2"]
    guard let expected else {
      #expect(throws: Failure.self) { try load("\"\(pipName)\"", variables) }
      return
    }
    #expect(try load("\"\(pipName)\"", variables).requirementText() == expected)
  }

  @Test(arguments: [
    ("${TOKEN}", "t/o@k:e%n", ""), ("user:${TOKEN}", "user", "t/o@k:e%n"), ("${USER}:${TOKEN}", "me", "t/o@k:e%n"),
    ("${TOKEN}:x-oauth-basic", "t/o@k:e%n", "x-oauth-basic"), ("a%40b:c%2Fd", "a@b", "c/d"),
    ("pre-${TOKEN}", "pre-t/o@k:e%n", ""), ("${ABSENT:-fall/back@x}", "fall/back@x", ""), ("a@b:c", "a@b", "c"),
  ])
  func keepsUserInfoApart(userInfo: String, username: String, password: String) throws {
    let variables = ["TOKEN": "t/o@k:e%n", "USER": "me"]
    let module = try load("git+https://\(userInfo)@example.com/org/r.git@v1", variables)
    let requirement = try #require(module.requirement.read?.git)
    #expect(requirement.description == "git+https://example.com/org/r.git@v1")
    let credentials = try requirement.source.url.userInfo?.resolved(with: Variables(variables))
    #expect(credentials?.username == username)
    #expect(credentials?.password == password)
  }

  @Test func everyURLHasItsOwnUserInfo() throws {
    let module = try load(
      "x --index-url https://${A}@one.example.com/s --extra-index-url=https://u:${B}@two.example.com/s -f https://three.example.com/",
      ["A": "a/@:", "B": "b #%"])
    guard case .index(let requirement) = try #require(module.requirement.read) else {
      Issue.record("another kind")
      return
    }
    let options = requirement.options
    let resolved = try options.urls.map { try $0.userInfo?.resolved(with: Variables(["A": "a/@:", "B": "b #%"])) }
    #expect(resolved.map { $0?.username } == ["a/@:", "u", nil])
    #expect(resolved.map { $0?.password } == ["", "b #%", nil])
    #expect(options.urls.map(\.host) == ["one.example.com", "two.example.com", "three.example.com"])
    #expect(requirement.pep508 == "x")
  }

  @Test func optionsBecomeValues() throws {
    let digest = String(repeating: "b", count: 64)
    let module = try load(
      "'x[e]>=1 ; os_name == \"posix\" --pre --no-deps --no-binary x --hash=sha256:\(digest) --find-links ../w'")
    guard case .index(let requirement) = try #require(module.requirement.read) else {
      Issue.record("another kind")
      return
    }
    let options = requirement.options
    #expect(options.allowsPrereleases && options.ignoresDependencies)
    #expect(options.binaries == .none)
    #expect(options.hashes.map(\.description) == ["sha256:\(digest)"])
    #expect(options.findLinks.map(\.description) == ["file:///tmp/w"])
    #expect(requirement.marker != nil && requirement.extras.map(\.text) == ["e"])
    #expect(RequirementOptions().isEmpty && !options.isEmpty)
  }

  @Test func archivesAndDirectoriesBecomeValues() throws {
    let digest = String(repeating: "c", count: 64)
    let module = try load("https://u:${PW}@example.com/x-1.0.zip#subdirectory=a&sha256=\(digest)", ["PW": "p/w"])
    guard case .archive(let archive) = try #require(module.requirement.read) else {
      Issue.record("another kind")
      return
    }
    #expect(archive.name == nil && archive.subdirectory == "a" && archive.hashes.map(\.digest) == [digest])
    #expect(try archive.url.userInfo?.resolved(with: Variables(["PW": "p/w"])).password == "p/w")
    #expect(archive.url.path == "/x-1.0.zip")
    let local = try load("./my-link[fast]#subdirectory=py").requirement.read
    guard case .directory(let directory) = try #require(local) else {
      Issue.record("another kind")
      return
    }
    #expect(directory.path.hasSuffix("/my-link") && directory.path.hasPrefix("/"))
    #expect(directory.subdirectory == "py" && directory.extras.map(\.text) == ["fast"])
  }

  @Test(arguments: ["git+ssh://alice@example.com:2222/org/r.git@v1", "git+alice@example.com:org/r.git@v1", "${SSH}"])
  func anAccountOfSSHIsNoSecret(pipName: String) throws {
    let fixture = try ManifestFixture(["config.yml": link("\"\(pipName)\"")])
    fixture.variables = ["SSH": "git+ssh://alice@example.com/org/r.git@v1"]
    let loaded = try fixture.load()
    #expect(loaded.warnings.isEmpty)
    let source = try #require(loaded.environments.first?.modules.first?.requirement.read?.git).source
    #expect(source.url.scheme == "ssh" && source.url.path == "/org/r.git" && source.reference == "v1")
    #expect(try source.url.userInfo?.resolved(with: Variables([:])).username == "alice")
    #expect(fixture.secrets.redact("alice") == "alice")
    #expect(!source.description.contains("alice"))
  }

  @Test func saysWhatIsNotOnDisk() throws {
    let names = ["./there", "./absent", "./file", "./there-1.0.zip", "./absent-1.0.zip", "./odd.zip"]
    let entries = names.enumerated().map { "  m\($0.offset): {module: a, pip_name: \($0.element)}\n" }
    let fixture = try ManifestFixture([
      "config.yml": "links:\n" + entries.joined(), "there/x": "", "file": "", "there-1.0.zip": "", "odd.zip/x": "",
    ])
    let warnings = try fixture.load().warnings
    #expect(
      warnings.map { $0.message.replacing(fixture.directory, with: "DIR") } == [
        "there is no directory 'DIR/absent'", "'DIR/file' is no directory", "there is no file 'DIR/absent-1.0.zip'",
        "'DIR/odd.zip' is a directory, its name is an archive's",
      ])
    #expect(warnings.allSatisfy { $0.severity == .warning && $0.hint != nil })
  }

  /// What begins with a host is a path by its form, and was hardly meant as one.
  @Test func aRepositoryWithoutItsSchemeIsSuggested() throws {
    let names = ["github.com/acme/links", "./github.com/acme/links", "links.d/acme/links2", "v1.2/a/b", "acme/links/x"]
    let entries = names.enumerated().map { "  m\($0.offset): {module: a, pip_name: \($0.element)}\n" }
    let warnings = try ManifestFixture(["config.yml": "links:\n" + entries.joined()]).load().warnings
    #expect(
      warnings.map { $0.hint?.contains("if a repository is meant") } == [true, false, true, false, false])
    #expect(warnings.first?.hint == "if a repository is meant, write 'git+https://github.com/acme/links'")
  }

  /// `options` belong to the application: nothing in them is filled in, or complained of.
  @Test func optionsOfTheApplicationAreLeftAlone() throws {
    let text =
      "links:\n  a: {module: a, options: {x: \"${UNSET} ${\", pip_name: \"--pre\", url: \"https://u:p4ss@h\"}}\n"
    let loaded = try ManifestFixture(["config.yml": text]).load()
    #expect(loaded.warnings.isEmpty)
    #expect(loaded.environments.first?.modules.map(\.requirement) == [.absent])
  }

  @Test func unsetVariablesOfOptionsAreNeededLater() throws {
    let fixture = try ManifestFixture([
      "config.yml": link("\"x --index-url https://${TOKEN}@example.com/${PATH_OF_IT} ${MORE}\"")
    ])
    let loaded = try fixture.load()
    #expect(loaded.warnings.map(\.code) == [.variableUnset, .variableUnset, .variableUnset])
    guard case .unset(let parts)? = loaded.environments.first?.modules.first?.requirement else {
      Issue.record("it was read")
      return
    }
    #expect(Template(parts).variables == ["PATH_OF_IT", "MORE"])
  }

  @Test func aVariableMayBringUserInfo() throws {
    let fixture = try ManifestFixture(["config.yml": link("${PIP}")])
    fixture.variables = ["PIP": "git+https://me:hunter22@example.com/r.git"]
    let loaded = try fixture.load()
    let requirement = try #require(loaded.environments.first?.modules.first?.requirement.read?.git)
    #expect(requirement.description == "git+https://example.com/r.git")
    #expect(try requirement.source.url.userInfo?.resolved(with: Variables([:])).password == "hunter22")
    #expect(loaded.warnings.isEmpty)
    #expect(fixture.secrets.redact("hunter22") == "****")
  }

  @Test(arguments: [
    (
      "--index-url https://example.com x",
      "a requirement must begin with the package's name: '--index-url' is an option", 15,
      "write options behind the requirement, as in 'my-package --pre'"
    ),
    (
      "-e git+https://example.com/r.git",
      "an editable install is refused: what it runs would change behind the lockfile's and the generations' back", 15,
      nil
    ),
    ("~/my-link", "'~' is not expanded", 15, "write the path in full, or '${HOME}/…'"),
    (
      "https://example.com/org/r.git@v1", "the URL of a git repository begins with 'git+'", 15,
      "put 'git+' in front of it"
    ),
    (
      "git@example.com:org/r.git", "the URL of a git repository begins with 'git+'", 15, "put 'git+' in front of it"
    ),
    (
      "git+ftp://example.com/r", "the scheme 'ftp' is not understood here", 19,
      "what is understood: https://, http://, ssh://, file://"
    ),
    ("git+https://", "the URL names no host", 27, "write 'https://host/path'"),
    ("git+https://example.com/", "the URL names no repository", 15, "write 'git+https://host/organisation/repo.git'"),
    (
      "git+https://example.com:port/r", "the URL's port is no number from 1 to 65535", 27,
      "in user info, write '/' as %2F, '?' as %3F and '#' as %23, or put it into a variable"
    ),
    (
      "git+https://exa*mple.com/r", "the URL's host has characters that no host has", 27,
      "hosts are letters, digits, '.' and '-'"
    ),
    ("git+file://token@/srv/r.git", "a file URL has no user info", 15, "write 'git+file:///path/to/repo.git'"),
    ("git+file://srv/r.git", "a file URL names a path on this machine", 26, "write three slashes: 'file:///path'"),
    (
      "git+https://example.com/r.git@", "the reference after '@' is missing", 45,
      "write a branch, a tag or a commit, or take the '@' out"
    ),
    (
      "git+https://example.com/r.git@a..b", "'a..b' is no name of a branch, a tag or a commit", 45,
      "write it as git shows it, as in '@main', '@feature/login' or '@v1.2.3'"
    ),
    (
      "git+https://example.com/r.git@v1#subdirectory=../x", "the subdirectory leads out of the repository", 61,
      "write a path from the repository's root, without '..', as in 'subdirectory=packages/my-link'"
    ),
    (
      "git+https://example.com/r.git#sub=x", "'#sub=' is not understood", 45,
      "what may follow '#': subdirectory=path, egg=name"
    ),
    (
      "git+https://example.com/r.git#egg=a>1", "'egg=' gives a name, and no more", 49,
      "write 'egg=name' or 'egg=name[extra]'"
    ),
    (
      "one @ git+https://example.com/r.git#egg=two", "the requirement has two names, 'one' and 'two'", 21,
      "take '#egg=…' out"
    ),
    ("git+https://example.com/r.git ; nonsense", "'nonsense' is no marker variable", 47, nil),
    ("name=>1", "'=>' is no version operator", 19, "write '>=1'"),
    ("${HOST}x=>1", "'=>' is no version operator", 23, "write '>=1'"),
    (
      "name ${", "the variable that begins with '${' is never closed", 20,
      "write '${NAME}'; write '$${' where no variable is meant"
    ),
    (
      "git+https://a%zz@example.com/r", "a '%' in the user info begins no escape", 27,
      "write '%25' for '%', or put the credential into a variable"
    ),
  ])
  func saysWhatIsWrong(pipName: String, message: String, column: Int, hint: String?) throws {
    let fixture = try ManifestFixture(["config.yml": link("\(pipName)")])
    fixture.variables = ["HOST": "example"]
    do throws(Failure) {
      _ = try fixture.load()
      Issue.record("'\(pipName)' was read")
    } catch {
      let complaint = try #require(error.diagnostics.first)
      #expect(error.diagnostics.count == 1)
      #expect(complaint.code == .requirementInvalid)
      #expect(complaint.message == message)
      if let hint { #expect(complaint.hint == hint) }
      #expect(complaint.hint != nil)
      guard case .source(let location, _) = complaint.place else {
        Issue.record("no place")
        return
      }
      #expect("\(location)" == "config.yml:4:\(column)")
    }
  }

  @Test(arguments: [
    ("pip_name: name=>1", 23), ("pip_name: 'name=>1'", 24), ("pip_name: \"name=>1\"", 24),
    ("pip_name: &anchor name=>1", 31), ("\"pip_name\":   name=>1", 27),
    // Escapes and folded lines leave the scalar's beginning.
    ("pip_name: \"n\\x61me=>1\"", 19), ("pip_name: >-\n          name=>1", 19),
  ])
  func placesAreExact(entry: String, column: Int) throws {
    let text = "links:\n  one:\n        module: a\n        \(entry)\n"
    let fixture = try ManifestFixture(["config.yml": text])
    #expect(fixture.complaints().contains("  at config.yml:4:\(column)\n"))
  }
}
