internal import Model
internal import Platform

extension ManifestReader {
  /// What a `pip_name` comes to. Nil when it is wrong, which has been reported.
  func requirement(_ node: YamlNode, _ name: String) -> DeclaredRequirement? {
    guard let raw = text(node, name, example: "a package's name or 'git+https://host/repo.git'"),
      allowsVariables(in: raw, node, name), let text = reference(raw, node)
    else { return nil }
    for occurrence in text.unset { warnUnset(occurrence, node, "`\(name)` cannot be read without it") }
    guard text.unset.isEmpty else {
      return .unset(text.unset.map { .variable($0.name, file.location(mark(in: node, offset: $0.offset))) })
    }
    do throws(RequirementParser.Problem) {
      let context = RequirementContext(directory: file.directory) { self.userInfo(of: $0, in: text, node) }
      let requirement = try RequirementReader(text.expanded.text, context).requirement
      warnIfAbsent(requirement, node)
      return .requirement(requirement)
    } catch {
      report(error, in: text, node)
      return nil
    }
  }

  /// A package index's URL, user info apart.
  func indexURL(_ node: YamlNode, _ name: String) -> RemoteURL? {
    guard let raw = text(node, name, example: "'url: https://host/simple'"), allowsVariables(in: raw, node, name),
      let text = reference(raw, node)
    else { return nil }
    for occurrence in text.unset {
      error(
        "the variable \(occurrence.name) is not set, and `\(name)` needs it",
        at: mark(in: node, offset: occurrence.offset), hint: "set it first: export \(occurrence.name)=…",
        code: .variableUnset)
    }
    guard text.unset.isEmpty else { return nil }
    do throws(RequirementParser.Problem) {
      let whole = text.expanded.text
      if let space = whole.firstIndex(where: \.isWhitespace) {
        throw RequirementParser.Problem(
          message: "a URL has no space in it", offset: whole.distance(from: whole.startIndex, to: space),
          hint: "write one URL, as in 'https://host/simple'")
      }
      let read = try URLReader.read(whole[...], at: 0, schemes: ["https", "http"])
      var url = read.url
      if let fragment = url.path.firstIndex(of: "#") { url.path = String(url.path[..<fragment]) }
      while url.path.hasSuffix("/") { url.path.removeLast() }
      url.userInfo = userInfo(of: read, in: text, node)
      return url
    } catch {
      report(error, in: text, node, code: .manifestInvalid)
      return nil
    }
  }

  /// What a path means does not depend on the disk, but what is not there cannot be installed from here.
  private func warnIfAbsent(_ requirement: Requirement, _ node: YamlNode) {
    let path: String
    let isPresent: Bool
    let wanted: String
    switch requirement {
    case .directory(let directory):
      path = directory.projectPath
      isPresent = Files.isDirectory(path)
      wanted = Files.exists(path) ? "'\(path)' is no directory" : "there is no directory '\(path)'"
    case .archive(let archive):
      guard let local = archive.localPath else { return }
      path = local
      isPresent = Files.exists(path) && !Files.isDirectory(path)
      wanted = Files.exists(path) ? "'\(path)' is a directory, its name is an archive's" : "there is no file '\(path)'"
    case .index, .git: return
    }
    guard !isPresent else { return }
    warn(
      .requirementInvalid, wanted, at: node.mark,
      hint: "relative paths start from the manifest's directory; an archive is known by its ending")
  }

  // MARK: parts

  private func reference(_ raw: String, _ node: YamlNode) -> ReferenceText? {
    do throws(RequirementParser.Problem) {
      let text = try ReferenceText(raw, variables: variables) { file.location(mark(in: node, offset: $0)) }
      for secret in text.credentials.values.flatMap(\.secrets) { secrets.add(secret) }
      for occurrence in text.unsetInUserInfo {
        warnUnset(occurrence, node, "it is needed as soon as the server is asked")
      }
      return text
    } catch {
      self.error(error, in: node, code: .requirementInvalid)
      return nil
    }
  }

  private func warnUnset(_ occurrence: ReferenceText.Occurrence, _ node: YamlNode, _ consequence: String) {
    warn(
      .variableUnset, "the variable \(occurrence.name) is not set: \(consequence)",
      at: mark(in: node, offset: occurrence.offset), hint: "set it first: export \(occurrence.name)=…")
  }

  /// The user info of a URL, its secrets registered, with a warning when one is written out.
  private func userInfo(of read: URLReader.Result, in text: ReferenceText, _ node: YamlNode) -> UserInfo? {
    var credential = text.credentials[read.authorityOffset]
    if let embedded = read.embedded {
      let brought = WrittenCredential(embedded, isLogin: read.url.scheme == "ssh", at: nil)
      for secret in brought.secrets { secrets.add(secret) }
      credential = brought
    }
    if let offset = credential?.literalSecret {
      let host = read.url.host
      let name = host == "github.com" ? "GITHUB_TOKEN" : host == "gitlab.com" ? "GITLAB_TOKEN" : "TOKEN"
      let user = credential?.userInfo?.password == nil ? "" : "USER:"
      let prefix = text.isGit(at: read.authorityOffset) ? "git+" : ""
      warn(
        .literalSecret, "a credential is written out in this URL", at: mark(in: node, offset: offset),
        hint: "put it into a variable: \(prefix)\(read.url.scheme)://\(user)${\(name)}@\(host)/…")
    }
    return credential?.userInfo
  }

  private func report(
    _ problem: RequirementParser.Problem, in text: ReferenceText, _ node: YamlNode,
    code: Diagnostic.Code = .requirementInvalid
  ) {
    let place = mark(in: node, offset: text.expanded.source(of: problem.offset))
    let hint = problem.hint?.split(separator: "'spec.", omittingEmptySubsequences: false)
      .joined(separator: "'\(settingsKey).")
    error(Excerpt.withoutUserInfo(problem.message), at: place, hint: hint, code: code)
  }
}
