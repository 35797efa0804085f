internal import GitWire
internal import Model

/// One repository of an export, and how it came to be a part of it: the one that was asked for, or a submodule of it.
///
/// A submodule is asked for under the rules of the source, with what `spec.git.credentials` declares for its own place: what
/// stands in the superproject's URL was given for that repository alone. Pure.
struct Checkout: Sendable {
  /// Which repository.
  let source: GitSource
  /// The commit's full id.
  let commit: String
  /// Where it is written.
  let directory: String
  /// The paths and the superprojects' URLs on the way to it, from the one that was asked for on.
  private let way: [(path: String, superproject: RemoteURL)]

  /// How deep submodules may stand in each other.
  static let deepest = 10
  /// How many repositories an export may have.
  static let most = 1000

  /// The repository that was asked for.
  init(_ source: GitSource, commit: String, directory: String) {
    self.init(source, commit: commit, directory: directory, way: [])
  }

  private init(_ source: GitSource, commit: String, directory: String, way: [(path: String, superproject: RemoteURL)]) {
    self.source = source
    self.commit = commit
    self.directory = directory
    self.way = way
  }

  /// What fills its submodules. Throws `gitFailed` where a URL leads nowhere or they stand too deep, `policyDenied`.
  func submodules(_ submodules: [GitSubmodule]) throws(Failure) -> [Checkout] {
    guard submodules.isEmpty || way.count < Self.deepest else {
      throw Failure(
        .gitFailed, "submodules stand in each other more than \(Self.deepest) deep", at: place,
        hint: "does a repository hold itself? Name one that does without")
    }
    var found: [Checkout] = []
    for submodule in submodules {
      let url: RemoteURL
      do throws(SubmoduleAddress.Problem) {
        url = try SubmoduleAddress(submodule.url, of: source.url).url
      } catch {
        throw Failure(
          .gitFailed, "the submodule '\(submodule.path)' leads nowhere", at: place,
          because: "its URL in .gitmodules is '\(URLText.withoutUserInfo(submodule.url))': \(error.message)",
          hint: "have its URL corrected in the repository, or name a wheel")
      }
      if let breach = source.rules.breach(by: url.description, "the submodule '\(submodule.path)'", at: place) {
        throw Failure([breach])
      }
      found.append(
        Checkout(
          source.rules.source(at: url), commit: submodule.commit, directory: "\(directory)/\(submodule.path)",
          way: way + [(submodule.path, source.url)]))
    }
    return found
  }

  /// Throws `gitFailed` when there are too many repositories.
  func checkCount(_ count: Int) throws(Failure) {
    guard count > Self.most else { return }
    throw Failure(
      .gitFailed, "the repository has more than \(Self.most) submodules, those of its submodules counted", at: place,
      hint: "name a wheel")
  }

  /// What went wrong with it, with how it came to be asked for, and with what helps there.
  func explained(_ error: any Error) -> any Error {
    guard let wayInWords, var failure = error as? Failure else { return error }
    for index in failure.diagnostics.indices {
      let diagnostic = failure.diagnostics[index]
      failure.diagnostics[index].cause = (diagnostic.cause.map { "\($0)\n" } ?? "") + wayInWords
      switch diagnostic.code {
      case .gitRefused where source.credential == nil && ["https", "http"].contains(source.url.scheme):
        failure.diagnostics[index].hint = declaration
      case .gitReferenceAbsent:
        failure.diagnostics[index].hint = "ask who keeps the repository: it names a commit that is not published"
      default: continue
      }
    }
    return failure
  }

  private var place: Place { .url(source.url.description) }

  /// `it is the submodule 'b' of https://host/a.git`, and what that is in turn.
  private var wayInWords: String? {
    guard !way.isEmpty else { return nil }
    return way.reversed().map { "it is the submodule '\($0.path)' of \($0.superproject)" }.joined(separator: "\n")
  }

  /// What to write so that it is asked for by somebody.
  private var declaration: String {
    let url = source.url
    let host = url.host + (url.port.map { ":\($0)" } ?? "")
    let path = url.path.split(separator: "/").joined(separator: "/")
    return "if it is private, declare who asks for it: 'spec.git.credentials: [{host: \"\(host)\", path: \"\(path)\", "
      + "token: \"${TOKEN}\"}]'; what stands in another repository's URL is not used for it"
  }
}
