internal import Model

/// `direct_url.json` of a distribution that did not come from an index (PEP 610). Holds no user info.
struct DirectURL: Encodable {
  private struct Repository: Encodable {
    var vcs = "git"
    var requestedRevision: String?
    var commit: String
    enum CodingKeys: String, CodingKey {
      case vcs
      case requestedRevision = "requested_revision"
      case commit = "commit_id"
    }
  }
  private struct Archive: Encodable { var hashes: [String: String] }
  private struct Directory: Encodable {}

  private var url: String
  private var subdirectory: String?
  private var repository: Repository?
  private var archive: Archive?
  private var directory: Directory?

  enum CodingKeys: String, CodingKey {
    case url, subdirectory
    case repository = "vcs_info"
    case archive = "archive_info"
    case directory = "dir_info"
  }

  /// Nil for what came from an index.
  init?(_ source: LockedDistribution.Source) {
    switch source {
    case .index: return nil
    case .git(let pin):
      url = pin.url
      repository = Repository(requestedRevision: pin.requestedRevision, commit: pin.commit)
      subdirectory = pin.subdirectory
    case .archive(let pin):
      url = pin.url
      archive = Archive(hashes: ["sha256": pin.sha256])
      subdirectory = pin.subdirectory
    case .directory(let pin):
      url = "file://\(pin.path.percentEncodedPath)"
      directory = Directory()
      subdirectory = pin.subdirectory
    }
  }
}
