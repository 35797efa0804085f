public import Model

/// How the importable files of several distributions become one tree of links, folded as GNU Stow folds: a directory
/// that one distribution alone contributes is one link into the store, a shared one is real and holds links. Directories of
/// distributions that are hard-linked or copied are real.
///
/// Pure: it decides, `GenerationBuilder` makes.
public struct LinkTree: Sendable, Equatable {
  /// What one distribution brings.
  public struct Contribution: Sendable {
    /// The distribution.
    public var name: PackageName
    /// Its key in the store.
    public var storeKey: String
    /// Its files.
    public var files: [StoreFile]
    /// The part of the store entry that the files are relative to: `tree` or, for instance, `data/data`.
    public var part: String
    /// How its files get into the tree.
    public var mode: LinkMode

    /// Creates a contribution.
    public init(
      name: PackageName, storeKey: String, files: [StoreFile], part: String = "tree", mode: LinkMode = .symlink
    ) {
      self.mode = mode
      self.name = name
      self.storeKey = storeKey
      self.files = files
      self.part = part
    }
  }

  /// Real directories, relative to the tree's root, parents first.
  public var directories: [String] = []
  /// Links: path relative to the tree's root, and the path in the store (`<key>/tree/…`); sorted by path.
  public var links: [Link] = []

  /// Files that are no links; sorted by path.
  public var files: [RealFile] = []

  /// One file that is no link.
  public struct RealFile: Sendable, Equatable {
    /// Relative to the tree's root.
    public var path: String
    /// What it is another name or a copy of, relative to the store.
    public var source: String
    /// Whose it is.
    public var owner: PackageName
    /// Whether it is a hard link or a copy.
    public var mode: LinkMode
  }

  /// One link into the store.
  public struct Link: Sendable, Equatable {
    /// Relative to the tree's root.
    public var path: String
    /// Relative to the store.
    public var target: String
  }

  /// Folds. With `foldsDirectories` false every directory is real: for what other programs may write into.
  ///
  /// Throws `collision`, with every file that two distributions bring with different content.
  public init(_ contributions: [Contribution], foldsDirectories: Bool = true) throws(Failure) {
    var collisions: [Diagnostic] = []
    let root = Node.directory()
    let shared = LinkTree.sharedNames(contributions)
    for contribution in contributions.sorted(by: { $0.name < $1.name }) {
      let isFolded = foldsDirectories && contribution.mode == .symlink
      var folded: Set<Substring> = []
      var last: Substring?
      for file in contribution.files {
        // Nearly all directories at the top belong to one distribution: nobody has to look into them.
        let name = LinkTree.top(of: file.path)
        if isFolded, !shared.contains(name) {
          guard name != last else { continue }
          last = name
          guard folded.insert(name).inserted else { continue }
          links.append(
            Link(path: String(name), target: "\(contribution.storeKey)/\(contribution.part)/\(name)"))
        } else if let complaint = root.insert(file, of: contribution) {
          collisions.append(complaint)
        }
      }
    }
    guard collisions.isEmpty else { throw Failure(collisions) }
    emit(root, "", foldsDirectories)
    directories.sort()
    links.sort { $0.path < $1.path }
    files.sort { $0.path < $1.path }
  }

  /// The first component of a path.
  private static func top(of path: String) -> Substring {
    path.utf8.firstIndex(of: UInt8(ascii: "/")).map { path[..<$0] } ?? path[...]
  }

  /// The names at the top that several distributions bring.
  private static func sharedNames(_ contributions: [Contribution]) -> Set<Substring> {
    var seen: Set<Substring> = []
    var shared: Set<Substring> = []
    for contribution in contributions {
      var own: Set<Substring> = []
      var last: Substring?
      for file in contribution.files {
        let name = top(of: file.path)
        guard name != last else { continue }
        last = name
        if own.insert(name).inserted, !seen.insert(name).inserted { shared.insert(name) }
      }
    }
    return shared
  }

  private mutating func emit(_ directory: Node, _ prefix: String, _ folds: Bool) {
    for (name, child) in directory.children {
      let path = prefix + name
      if child.isFile, let owner = child.owner, owner.mode != .symlink {
        files.append(
          RealFile(
            path: path, source: "\(owner.storeKey)/\(owner.part)/\(path)", owner: owner.name, mode: owner.mode))
      } else if child.isFile || folds && child.owners.count == 1 && child.owner?.mode == .symlink,
        let owner = child.owner
      {
        links.append(Link(path: path, target: "\(owner.storeKey)/\(owner.part)/\(path)"))
      } else {
        directories.append(path)
        emit(child, "\(path)/", folds)
      }
    }
  }

  /// A file or directory while the tree grows.
  private final class Node {
    var children: [String: Node] = [:]
    var owners: Set<String> = []
    var owner: Contribution?
    var digest: String?
    var isFile: Bool { digest != nil }

    static func directory() -> Node { Node() }

    func insert(_ file: StoreFile, of contribution: Contribution) -> Diagnostic? {
      var node = self
      let components = file.path.split(separator: "/").map(String.init)
      for (index, component) in components.enumerated() {
        let isLast = index == components.count - 1
        guard let child = node.children[component] else {
          let child = Node()
          child.owner = contribution
          child.owners = [contribution.storeKey]
          if isLast { child.digest = file.sha256 }
          node.children[component] = child
          node = child
          continue
        }
        let path = components[...index].joined(separator: "/")
        if isLast != child.isFile {
          return LinkTree.collision(path, child.owner, contribution, "one has a file there and the other a directory")
        }
        if isLast {
          if child.digest == file.sha256 { return nil }
          return LinkTree.collision(path, child.owner, contribution, "their content differs")
        }
        child.owners.insert(contribution.storeKey)
        node = child
      }
      return nil
    }
  }

  static func collision(
    _ path: String, _ first: Contribution?, _ second: Contribution, _ cause: String
  ) -> Diagnostic {
    let names = first.map { "\($0.name) and \(second.name)" } ?? "\(second.name)"
    return Diagnostic(
      .collision, "\(names) both bring \(quoted(path))", because: cause,
      hint: "only one of them can be installed: take one out, or choose versions that do not share the file")
  }
}
