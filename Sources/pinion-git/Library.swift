internal import CGit2
internal import CSSH2
internal import GitWire
internal import Glibc

/// libgit2 as a whole: its start, and its errors.
enum Library {
  /// Starts libgit2, cut off from the settings of users and systems, which could send requests elsewhere.
  static func start() throws(GitFault) {
    // What a server answers can end this process, and its memory holds credentials.
    pinion_git_keep_memory_private()
    guard git_libgit2_init() > 0 else { throw fault(GIT_ERROR.rawValue) }
    for level in [GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL]
    {
      try check(pinion_git_ignore_settings(level.rawValue))
    }
    // Mirrors are ours; a repository behind file:// is only read, and its settings can start nothing in libgit2.
    try check(pinion_git_set_owner_validation(0))
    try check(pinion_git_register_streams(RemoteSession.openStream))
    guard libssh2_init(0) == 0 else { throw GitFault(.failed, "libssh2 could not be started") }
    try check(pinion_git_register_ssh(RemoteSession.openSSH))
    let file = getenv("SSL_CERT_FILE")
    let directory = getenv("SSL_CERT_DIR")
    if file != nil || directory != nil { try check(pinion_git_set_certificates(file, directory)) }
  }

  /// Throws what libgit2 has to say when a call failed.
  static func check(_ code: Int32) throws(GitFault) {
    guard code >= 0 else { throw fault(code) }
  }

  /// What the last failed call on this thread says. Must be read before anything else is called.
  static func fault(_ code: Int32) -> GitFault {
    let (kind, message) = lastError()
    return GitFault(faultKind(code, kind), message)
  }

  /// Error class and text of the last failed call on this thread.
  static func lastError() -> (kind: git_error_t, message: String) {
    guard let error = git_error_last()?.pointee, let message = error.message else {
      return (GIT_ERROR_NONE, "libgit2 gives no reason")
    }
    return (git_error_t(UInt32(error.klass)), String(cString: message))
  }

  /// Whether an error is about what is stored in a repository, not about the disk below or the network before it.
  static func isAboutStoredData(_ kind: git_error_t) -> Bool {
    [
      GIT_ERROR_ODB, GIT_ERROR_ZLIB, GIT_ERROR_OBJECT, GIT_ERROR_REPOSITORY, GIT_ERROR_REFERENCE, GIT_ERROR_INDEXER,
      GIT_ERROR_CONFIG, GIT_ERROR_TREE, GIT_ERROR_TAG, GIT_ERROR_SHA,
    ].contains(kind)
  }

  private static func faultKind(_ code: Int32, _ kind: git_error_t) -> GitFault.Kind {
    isAboutStoredData(kind) || code == GIT_EMISMATCH.rawValue ? .mirrorBroken : .failed
  }

  /// Calls with pointers to C strings that live as long as the call.
  static func withStrings<Result>(_ strings: [String], _ body: (inout git_strarray) -> Result) -> Result {
    var pointers = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { buffer in
      var array = git_strarray(strings: buffer.baseAddress, count: buffer.count)
      return body(&array)
    }
  }
}
