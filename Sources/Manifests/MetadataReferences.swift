public import Model

/// Reads direct references out of the metadata of distributions, by the grammar of manifests.
public struct MetadataReferences: ReferenceReading {
  private let secrets: SecretRegistry

  /// Takes who is told of user info that stands in a reference.
  public init(secrets: SecretRegistry) {
    self.secrets = secrets
  }

  /// What the URL leads to. Relative paths lead nowhere: a wheel does not say what they start from.
  public func source(of url: String) throws(Failure) -> DirectSource {
    let context = RequirementContext(directory: "/") { [secrets] read in
      guard let info = read.embedded else { return nil }
      // To ssh a user alone is the name of an account.
      let isLogin = read.url.scheme == "ssh"
      for secret in WrittenCredential(info, isLogin: isLogin, at: nil).secrets { secrets.add(secret) }
      return isLogin && info.password == nil ? info : nil
    }
    let requirement: Requirement
    do throws(RequirementParser.Problem) {
      requirement = try DirectReader(context: context).url(url, at: 0, DirectReader.Head())
    } catch {
      throw Failure(.requirementInvalid, Excerpt.withoutUserInfo(error.message), hint: error.hint)
    }
    guard let source = requirement.directSource, !Self.isRelative(url) else {
      throw Failure(
        .requirementInvalid, "it is a relative path, and a wheel does not say what that starts from",
        hint: "write a URL there")
    }
    return source
  }

  private static func isRelative(_ url: String) -> Bool {
    guard !url.contains("://") else { return false }
    let path = url.lowercased().hasPrefix("file:") ? url.dropFirst("file:".count) : url[...]
    // `git+git@host:path` is no path.
    return !path.lowercased().hasPrefix("git+") && !path.hasPrefix("/")
  }
}
