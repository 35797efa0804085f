public import Model
internal import Platform

/// Where the submodules of a commit come from, as an export found it. Kept beside the mirrors: a wheel that was built of them
/// outlives the clone, and a rule on sources may come later.
struct SubmoduleRecord: Equatable {
  /// URLs without user info, by path in the outermost repository; those of submodules' submodules too.
  var urls: [String: String] = [:]

  /// No submodules.
  init() {}

  /// What is on record for a commit; nothing where nothing was exported, or without submodules. Throws `io`.
  init(of source: GitSource, commit: String, in mirrors: String) throws(Failure) {
    guard let bytes = try Files.readIfPresent(Self.path(source, commit, mirrors)) else { return }
    let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    for index in stride(from: 0, to: words.count - 1, by: 2) { urls[words[index]] = words[index + 1] }
  }

  /// Puts it on record, where there is something to say. Throws `io`.
  func write(for source: GitSource, commit: String, in mirrors: String) throws(Failure) {
    guard !urls.isEmpty else { return }
    let path = Self.path(source, commit, mirrors)
    let text = urls.sorted { $0.key < $1.key }.map { "\($0.key)\u{0}\($0.value)\u{0}" }.joined()
    try Files.makeDirectory(path.parentPath)
    try Files.replace(path, with: Array(text.utf8))
  }

  private static func path(_ source: GitSource, _ commit: String, _ mirrors: String) -> String {
    "\(mirrors)/submodules/\(Digest.sha256("\(source.url)\u{0}\(commit)"))"
  }
}

extension GitClient {
  /// Holds the submodules of a commit against the source's rules, as far as an earlier export found some.
  ///
  /// Throws `policyDenied` with all that break them, and `io`.
  public func checkSubmodules(of commit: String, in source: GitSource) throws {
    guard !source.rules.sources.layers.isEmpty else { return }
    let record = try SubmoduleRecord(of: source, commit: commit, in: mirrors)
    let place = Place.url(source.url.description)
    let breaches = record.urls.sorted { $0.key < $1.key }.compactMap { path, url in
      source.rules.breach(by: url, "the submodule '\(path)'", at: place)
    }
    guard breaches.isEmpty else { throw Failure(breaches) }
  }
}
