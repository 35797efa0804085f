internal import Model

/// Which files of an index page may be used.
struct FileFilter: Sendable {
  /// Wheels, source distributions, or both.
  var binaries = RequirementOptions.Binaries.any
  /// Of which a file must have one; empty when any file will do.
  var hashes: [FileHash] = []
  /// Files that came later are passed over; in seconds since 1970.
  var newest: Int?
  /// Whether source distributions may be used at all.
  var allowsSources = true
  /// The minor version of Python that a file must be for, where pages are held to that; nil where the resolver's own look at
  /// them will do.
  var python: String?
  /// The rules behind both, in words.
  var rules: [Policy.Rule: String] = [:]

  /// Whether every file passes.
  var passesAll: Bool { binaries == .any && hashes.isEmpty && newest == nil && allowsSources && python == nil }

  /// The page with the files that may be used. A file of unknown age is passed over where age counts, as pip and uv do.
  func filtered(_ page: SimplePage) -> SimplePage {
    guard !passesAll else { return page }
    var page = page
    page.files = page.files.filter { refusal(of: $0) == nil }
    return page
  }

  /// Why a page has nothing that may be used: each reason once, with how many files it stands for. Nil when something is left,
  /// and when there was nothing.
  func explanation(of page: SimplePage) -> String? {
    let reasons = page.files.map { refusal(of: $0) }
    guard !reasons.isEmpty, !reasons.contains(nil) else { return nil }
    let counts = Dictionary(grouping: reasons.compactMap(\.self), by: \.self).mapValues(\.count)
    return counts.sorted { $0.key < $1.key }
      .map { "\($0.value) \($0.value == 1 ? "file" : "files"): \($0.key)" }.joined(separator: "\n")
  }

  /// Why a file may not be used; nil when it may.
  func refusal(of file: SimplePage.File) -> String? {
    let isWheel = file.filename.hasSuffix(".whl")
    if isWheel, binaries == .none { return "a wheel, and the entry says --no-binary" }
    if !isWheel, binaries == .only { return "a source distribution, and the entry says --only-binary" }
    if !isWheel, !allowsSources {
      return "a source distribution, and the policy's `builds` is deny" + rule(.builds)
    }
    // What the page does not tell is found out when the file has been read.
    let told = hashes.map { (told: file.hashes[$0.algorithm.rawValue]?.lowercased(), wanted: $0.digest) }
    if !told.isEmpty, !told.contains(where: { $0.told == nil || $0.told == $0.wanted }) {
      return "none of the hashes that the entry names"
    }
    if let python, let text = file.requiresPython, let wanted = VersionSpecifiers(text),
      !PythonBound.fits(wanted, minor: python)
    {
      return "for other versions of Python than \(python) (\(text))"
    }
    guard let newest else { return nil }
    guard let time = file.uploadTime.flatMap(UTCTime.seconds) else {
      return "of unknown age, and the policy's `excludeNewer` asks for it" + rule(.excludeNewer)
    }
    guard time > newest else { return nil }
    return "newer than the policy's `excludeNewer` (\(UTCTime.text(newest)))" + rule(.excludeNewer)
  }

  private func rule(_ rule: Policy.Rule) -> String { rules[rule].map { "; \($0)" } ?? "" }
}
