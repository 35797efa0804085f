internal import CGit2
internal import GitWire
internal import Glibc

/// Writes a repository at a commit into an empty directory: history and tags, a detached HEAD, the files, no remote.
///
/// Objects are copied as they lie in the mirror, not linked: what is built from the directory may do as it likes there.
struct Export {
  /// Where the objects come from.
  let mirror: Mirror
  /// The commit's full id.
  let commit: String
  /// What is written; may exist if it is empty.
  let directory: String
  /// Told of every file.
  let pulse: Pulse

  /// Does it, and says which submodules are left to be filled, and when the commit was made. Throws `mirrorBroken` when something is missing or damaged,
  /// `unfit` when the tree may not be written, `pointers` when files of it stand elsewhere.
  func run() throws(GitFault) -> (submodules: [GitSubmodule], time: Int) {
    let (listing, submodules, tags, time) = try inspect()
    var repository: OpaquePointer?
    try Library.check(git_repository_init(&repository, directory, 0))
    defer { git_repository_free(repository) }
    try copyObjects(from: "\(mirror.path)/objects", to: "\(directory)/.git/objects")
    // Where history was left out it says where: without it git would miss what is before.
    if access("\(mirror.path)/shallow", F_OK) == 0 {
      try copy("\(mirror.path)/shallow", to: "\(directory)/.git/shallow")
    }
    let lines = tags.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)\n" }
    if !lines.isEmpty { try write(lines.joined(), to: "\(directory)/.git/packed-refs") }
    try checkOut(repository)
    if listing.hasAttributes { try LargeFiles(repository: repository).check() }
    return (submodules, time)
  }

  /// Checks the tree before anything is written, and lists it, its submodules and the mirror's tags; with the commit's time.
  private func inspect() throws(GitFault) -> (TreeListing, [GitSubmodule], [String: String], Int) {
    let repository = try mirror.open()
    defer { git_repository_free(repository) }
    let commit = try Self.commit(self.commit, in: repository)
    defer { git_object_free(commit) }
    let listing = try TreeListing(of: commit, in: repository)
    if let complaint = TreeRules(listing.entries).complaint() { throw GitFault(.unfit, complaint) }
    return (
      listing, try listing.readSubmodules(in: repository), try Self.tags(in: repository), Int(git_commit_time(commit))
    )
  }

  private static func commit(_ id: String, in repository: OpaquePointer?) throws(GitFault) -> OpaquePointer {
    var object: OpaquePointer?
    try Library.check(git_revparse_single(&object, repository, "\(id)^{commit}"))
    guard let object else { throw GitFault(.mirrorBroken, "the commit \(id) is not in the mirror") }
    return object
  }

  static func tags(in repository: OpaquePointer) throws(GitFault) -> [String: String] {
    var iterator: OpaquePointer?
    try Library.check(git_reference_iterator_glob_new(&iterator, repository, "refs/tags/*"))
    defer { git_reference_iterator_free(iterator) }
    var tags: [String: String] = [:]
    while true {
      var reference: OpaquePointer?
      let code = git_reference_next(&reference, iterator)
      if code == GIT_ITEROVER.rawValue { return tags }
      try Library.check(code)
      defer { git_reference_free(reference) }
      if let name = git_reference_name(reference), let target = git_reference_target(reference) {
        tags[String(cString: name)] = Mirror.text(of: target.pointee)
      }
    }
  }

  private func checkOut(_ repository: OpaquePointer?) throws(GitFault) {
    let commit = try Self.commit(self.commit, in: repository)
    defer { git_object_free(commit) }
    var options = git_checkout_options()
    git_checkout_options_init(&options, UInt32(GIT_CHECKOUT_OPTIONS_VERSION))
    options.checkout_strategy = GIT_CHECKOUT_FORCE.rawValue
    options.progress_payload = Unmanaged.passUnretained(pulse).toOpaque()
    options.progress_cb = { _, _, _, payload in
      if let payload { Unmanaged<Pulse>.fromOpaque(payload).takeUnretainedValue().beat() }
    }
    try Library.check(git_checkout_tree(repository, commit, &options))
    guard let id = git_object_id(commit) else { return }
    try Library.check(git_repository_set_head_detached(repository, id))
  }

  // MARK: Files

  /// Copies packs and loose objects, and nothing else: other files there are half-written, or point elsewhere.
  private func copyObjects(from source: String, to target: String) throws(GitFault) {
    for name in try list(source) where name == "pack" || Self.isFanOut(name) {
      guard mkdir("\(target)/\(name)", 0o755) == 0 || errno == EEXIST else { throw Self.fault("\(target)/\(name)") }
      for file in try list("\(source)/\(name)") {
        let isPack = file.hasPrefix("pack-") && (file.hasSuffix(".pack") || file.hasSuffix(".idx"))
        guard name == "pack" ? isPack : file.utf8.count == 38 else { continue }
        try copy("\(source)/\(name)/\(file)", to: "\(target)/\(name)/\(file)")
      }
    }
  }

  private static func isFanOut(_ name: String) -> Bool {
    name.utf8.count == 2 && name.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
  }

  private func list(_ path: String) throws(GitFault) -> [String] {
    guard let directory = opendir(path) else { throw Self.fault(path) }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names
  }

  private func copy(_ source: String, to target: String) throws(GitFault) {
    let input = open(source, O_RDONLY | O_CLOEXEC)
    guard input >= 0 else { throw Self.fault(source) }
    defer { close(input) }
    let output = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o444)
    guard output >= 0 else { throw Self.fault(target) }
    defer { close(output) }
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = read(input, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Self.fault(source) }
      if count == 0 { return }
      try write(chunk[..<count], to: output, target)
      pulse.beat()
    }
  }

  private func write(_ text: String, to path: String) throws(GitFault) {
    let output = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard output >= 0 else { throw Self.fault(path) }
    defer { close(output) }
    try write(Array(text.utf8)[...], to: output, path)
  }

  private func write(_ bytes: ArraySlice<UInt8>, to output: Int32, _ path: String) throws(GitFault) {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Self.fault(path) }
      rest = rest.dropFirst(count)
    }
  }

  private static func fault(_ path: String) -> GitFault {
    GitFault(.failed, "\(path): \(String(cString: strerror(errno)))")
  }
}
