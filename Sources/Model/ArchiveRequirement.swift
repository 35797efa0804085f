/// A wheel or a source archive: `[name[extra] @] https://host/x-1.0-py3-none-any.whl#sha256=…`, or the path of one.
public struct ArchiveRequirement: Sendable, Hashable, CustomStringConvertible {
  /// The endings that make a file an archive, in lower case. Source: pip, `utils/filetypes.py`, without LZMA alone.
  public static let endings = [
    ".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar",
  ]

  /// The distribution's name, where the requirement or the wheel's file name says it.
  public var name: PackageName?
  /// Extras, normalised, sorted, each once.
  public var extras: [PackageName]
  /// Where the file is: scheme `https`, `http` or `file`, the path percent-encoded, without fragment.
  public var url: RemoteURL
  /// The project's directory within a source archive; nil for its root, and for wheels.
  public var subdirectory: String?
  /// Of which the file must have one; empty when none was given. From `#sha256=…` and `--hash`.
  public var hashes: [FileHash]
  /// When the requirement holds at all.
  public var marker: Marker?
  /// `--no-deps` at most: a file comes from no index, and is what it is.
  public var options: RequirementOptions

  /// Creates a requirement.
  public init(
    name: PackageName? = nil, extras: [PackageName] = [], url: RemoteURL, subdirectory: String? = nil,
    hashes: [FileHash] = [], marker: Marker? = nil, options: RequirementOptions = RequirementOptions()
  ) {
    self.name = name
    self.extras = Array(Set(extras)).sorted()
    self.url = url
    self.subdirectory = subdirectory
    self.hashes = Array(Set(hashes)).sorted()
    self.marker = marker
    self.options = options
  }

  /// The file's name, decoded.
  public var fileName: String {
    let path = url.path.prefix { $0 != "?" && $0 != "#" }
    let last = String(path).lastPathComponent
    return last.percentDecoded ?? last
  }

  /// The file's name taken apart when it is a wheel's; nil for a source archive.
  public var wheel: WheelName? { WheelName(fileName) }

  /// The file's absolute path when it is on this machine; nil for one on a server.
  public var localPath: String? { url.scheme == "file" ? url.path.percentDecoded ?? url.path : nil }

  /// The requirement in its normalised form, without user info.
  public var description: String {
    var fragments = hashes.map { "\($0.algorithm.rawValue)=\($0.digest)" }
    if let subdirectory { fragments.append("subdirectory=\(subdirectory.percentEncodedPath)") }
    let fragment = fragments.isEmpty ? "" : "#" + fragments.joined(separator: "&")
    return Requirement.text(name, extras, url.description + fragment, marker, options)
  }
}
