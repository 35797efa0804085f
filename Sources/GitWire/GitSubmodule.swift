/// Another repository that a commit has at one of its paths.
public struct GitSubmodule: Codable, Sendable, Equatable {
  /// Where in the tree; holds nothing that leads elsewhere.
  public var path: String
  /// The commit's full id.
  public var commit: String
  /// The URL as `.gitmodules` has it: it may be relative, and may be anything.
  public var url: String

  /// Creates a submodule.
  public init(path: String, commit: String, url: String) {
    self.path = path
    self.commit = commit
    self.url = url
  }

  /// Reads `.gitmodules`: what it says of the repositories that stand in the tree, given with their commits. In the order
  /// of the paths.
  ///
  /// Everything in the file must be harmless, also where the tree has nothing of it: git itself, run by whatever is built,
  /// reads the file too (CVE-2018-11235, CVE-2018-17456). Throws `unfit`.
  public static func read(_ text: some Sequence<UInt8>, of commits: [String: String]) throws(GitFault) -> [GitSubmodule]
  {
    let settings: ConfigText
    do throws(ConfigText.Problem) {
      settings = try ConfigText(text)
    } catch {
      throw GitFault(.unfit, ".gitmodules is not understood in line \(error.line)")
    }
    var paths: [String: String] = [:]
    var urls: [String: String] = [:]
    for entry in settings.entries {
      guard !entry.section.hasPrefix("include") else {
        throw GitFault(.unfit, ".gitmodules wants other files to be read, which it may not")
      }
      guard entry.section == "submodule", let name = entry.subsection, let value = entry.value else { continue }
      guard isName(name) else {
        throw GitFault(.unfit, "a submodule in .gitmodules has the name '\(shown(name))', which leads elsewhere")
      }
      switch entry.key {
      case "path":
        guard isPath(value) else {
          throw GitFault(
            .unfit, "the submodule '\(shown(name))' has the path '\(shown(value))' in .gitmodules, which is none")
        }
        paths[name] = value
      case "url":
        guard !value.hasPrefix("-"), isPlain(value) else {
          throw GitFault(
            .unfit, "the submodule '\(shown(name))' has the URL '\(shown(value))' in .gitmodules, which is none")
        }
        urls[name] = value
      default: continue
      }
    }
    return try commits.sorted { $0.key < $1.key }.map { path, commit throws(GitFault) in
      let names = paths.filter { $0.value == path }.keys
      guard let first = names.min() else {
        throw GitFault(.unfit, "the repository has the submodule '\(path)', of which .gitmodules says nothing")
      }
      guard Set(names.map { urls[$0] }).count == 1 else {
        throw GitFault(.unfit, "the submodule '\(path)' has two URLs in .gitmodules")
      }
      guard let url = urls[first] else {
        throw GitFault(.unfit, "the submodule '\(path)' has no URL in .gitmodules")
      }
      return GitSubmodule(path: path, commit: commit, url: url)
    }
  }

  /// git makes a directory of it. Source: git's submodule-config.c, check_submodule_name.
  private static func isName(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix("-") && isPlain(name)
      && !name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).contains("..")
  }

  private static func isPath(_ path: String) -> Bool {
    !path.hasPrefix("-") && isPlain(path)
      && !path.split(separator: "/", omittingEmptySubsequences: false).contains(where: TreeRules.isForbidden)
  }

  private static func isPlain(_ text: String) -> Bool { !text.unicodeScalars.contains { $0.value < 0x20 } }

  /// Without what could deceive whoever reads it, and not without end.
  private static func shown(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.prefix(80).map { $0.value < 0x20 ? "\u{FFFD}" : $0 }))
  }
}
