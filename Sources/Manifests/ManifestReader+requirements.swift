internal import Model
internal import Platform

extension ManifestReader {
  /// What a `pip_name` comes to. Nil when it is wrong, which has been reported.
  func requirement(_ node: YamlNode, _ name: String) -> DeclaredRequirement? {
    guard let raw = text(node, name, example: "a package's name or 'git+https://host/repo.git'"),
      let text = reference(raw, name, node)
    else { return nil }
    for occurrence in text.unset { warnUnset(occurrence, node, "`\(name)` cannot be read without it") }
    guard text.unset.isEmpty else {
      refuseUnlisted(in: text, name, node)
      return .unset(text.unset.map { .variable($0.name, file.location(mark(in: node, offset: $0.offset))) })
    }
    return read(text, name, node, code: .requirementInvalid) { found throws(RequirementParser.Problem) in
      let context = RequirementContext(directory: file.directory) { found.take($0) }
      return try RequirementReader(text.expanded.text, context).requirement
    }.map { requirement in
      warnIfAbsent(requirement, node)
      return .requirement(requirement)
    }
  }

  /// A package index's URL, user info apart.
  func indexURL(_ node: YamlNode, _ name: String) -> RemoteURL? {
    guard let raw = text(node, name, example: "'url: https://host/simple'"),
      let text = completeReference(raw, name, node)
    else { return nil }
    return read(text, name, node, code: .manifestInvalid) { found throws(RequirementParser.Problem) in
      let read = try URLReader.index(text.expanded.text[...], at: 0)
      var url = read.url
      url.userInfo = found.take(read)
      return url
    }
  }

  /// A server of the user's own, user info apart. What variables bring may be secret in any part of it.
  func serverURL(_ node: YamlNode, _ name: String) -> RemoteURL? {
    guard let raw = text(node, name, example: "'http://127.0.0.1:8080/health'"),
      let text = completeReference(raw, name, node)
    else { return nil }
    for use in text.expanded.uses where use.text.contains("://") { secrets.add(use.text) }
    return read(text, name, node, code: .manifestInvalid, mayHoldSecrets: true) {
      found throws(RequirementParser.Problem) in
      let read = try URLReader.read(text.expanded.text[...], at: 0, schemes: ["https", "http"])
      var url = read.url
      if let fragment = url.path.firstIndex(of: "#") { url.path = String(url.path[..<fragment]) }
      url.userInfo = found.take(read)
      return url
    }
  }

  /// A text all of whose variables have values, save for those in user info.
  private func completeReference(_ raw: String, _ name: String, _ node: YamlNode) -> ReferenceText? {
    guard let text = reference(raw, name, node) else { return nil }
    for occurrence in text.unset {
      error(
        "the variable \(occurrence.name) is not set, and `\(name)` needs it",
        at: mark(in: node, offset: occurrence.offset), hint: "set it first: export \(occurrence.name)=…",
        code: .variableUnset)
    }
    if text.unset.isEmpty { return text }
    refuseUnlisted(in: text, name, node)
    return nil
  }

  /// The URLs that were found while a text was read.
  private final class FoundURLs {
    var all: [URLReader.Result] = []
    private let userInfo: (URLReader.Result) -> UserInfo?

    init(_ userInfo: @escaping (URLReader.Result) -> UserInfo?) { self.userInfo = userInfo }

    func take(_ url: URLReader.Result) -> UserInfo? {
      all.append(url)
      return userInfo(url)
    }
  }

  /// Reads a text, and judges where its variables go. Nil when something is wrong, which has been reported.
  private func read<Value>(
    _ text: ReferenceText, _ name: String, _ node: YamlNode, code: Diagnostic.Code,
    mayHoldSecrets: Bool = false, _ body: (FoundURLs) throws(RequirementParser.Problem) -> Value
  ) -> Value? {
    guard isPlain(text, name, node) else { return nil }
    let found = FoundURLs { self.userInfo(of: $0, in: text, node) }
    do throws(RequirementParser.Problem) {
      let value = try body(found)
      guard allowsUses(in: text, towards: found.all, name, node),
        mayHoldSecrets || !refusesSecrets(in: text, of: found.all, node)
      else {
        return nil
      }
      return value
    } catch {
      if maySay(about: text, name, node) { report(error, in: text, node, code: code) }
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
      hint: Self.repository(meantBy: node.scalar?.text ?? "").map { "if a repository is meant, write '\($0)'" }
        ?? "relative paths start from the manifest's directory; an archive is known by its ending")
  }

  /// `github.com/organisation/repo` is a path by its form, and soon written for a repository.
  private static func repository(meantBy text: String) -> String? {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard words.count == 1, parts.count > 2, !parts.contains(where: \.isEmpty),
      let host = parts.first?.split(separator: "."),
      host.count > 1, parts[0].first != ".", !text.contains("$"),
      host.last?.allSatisfy({ $0.isASCII && $0.isLetter }) == true
    else { return nil }
    return "git+https://\(text)"
  }

  // MARK: parts

  private func reference(_ raw: String, _ name: String, _ node: YamlNode) -> ReferenceText? {
    do throws(RequirementParser.Problem) {
      let text = try ReferenceText(raw, variables: variables) { file.location(mark(in: node, offset: $0)) }
      for secret in text.credentials.values.flatMap(\.secrets) { secrets.add(secret) }
      for use in text.expanded.uses where variables[use.name] != nil { noteSecret(use.name) }
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
      let brought = WrittenCredential(
        embedded, isLogin: read.url.scheme == "ssh", at: read.userInfoExtent.flatMap(text.expanded.written))
      for secret in brought.secrets { secrets.add(secret) }
      credential = brought
    }
    if let offset = credential?.literalSecret {
      let host = read.url.host + (read.url.port.map { ":\($0)" } ?? "")
      let name =
        read.url.host == "github.com" ? "GITHUB_TOKEN" : read.url.host == "gitlab.com" ? "GITLAB_TOKEN" : "TOKEN"
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
