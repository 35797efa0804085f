internal import Model

/// Reads the options behind a requirement, and says which of them go with it.
struct OptionsReader {
  typealias Problem = RequirementParser.Problem

  let context: RequirementContext
  private var options = RequirementOptions()
  private var binaries: (option: PipOptions.Known, offset: Int)?

  init(context: RequirementContext) {
    self.context = context
  }

  /// The requirement with its options.
  mutating func read(_ words: [OptionWords.Word], for requirement: Requirement) throws(Problem) -> Requirement {
    var rest = words[...]
    while let word = rest.popFirst() {
      guard let name = OptionWords.name(of: word.text[...]) else {
        throw Problem(
          message: "a word stands between the options that belongs to none of them", offset: word.offset,
          hint: "an option's value follows it: '--index-url https://host/simple'")
      }
      guard let option = PipOptions.Known(name: name) else { throw PipOptions.refusal(of: name, at: word.offset) }
      if let problem = Self.misfit(option, requirement, at: word.offset) { throw problem }
      guard option.takesValue else {
        guard word.value == nil, word.text == name else {
          throw Problem(message: "'\(name)' takes no value", offset: word.offset, hint: "write '\(option.rawValue)'")
        }
        take(option)
        continue
      }
      var value = word.value
      // `-iURL`, as pip takes it.
      if value == nil, word.text.count > name.count {
        value = (String(word.text.dropFirst(name.count)), word.offset + name.count)
      }
      if value == nil, let next = rest.first, OptionWords.name(of: next.text[...]) == nil {
        value = (next.text, next.offset)
        rest.removeFirst()
      }
      guard let value, !value.text.isEmpty else {
        throw Problem(message: "'\(name)' has no value", offset: word.offset, hint: "write '\(option.example)'")
      }
      try take(option, value.text, at: value.offset, optionAt: word.offset, requirement)
    }
    return merged(into: requirement)
  }

  // MARK: values

  private mutating func take(_ option: PipOptions.Known) {
    if option == .prereleases { options.allowsPrereleases = true } else { options.ignoresDependencies = true }
  }

  private mutating func take(
    _ option: PipOptions.Known, _ value: String, at offset: Int, optionAt place: Int, _ requirement: Requirement
  ) throws(Problem) {
    switch option {
    case .index:
      guard options.index == nil else {
        throw Problem(
          message: "'--index-url' stands twice", offset: place, hint: "write further indexes with '--extra-index-url'")
      }
      options.index = try index(value, at: offset)
    case .extraIndex: options.extraIndexes.append(try index(value, at: offset))
    case .findLinks: options.findLinks.append(try links(value, at: offset))
    case .noBinary, .onlyBinary: try takeBinaries(option, value, at: offset, optionAt: place, requirement.name)
    case .hash:
      guard let colon = value.firstIndex(of: ":") else {
        throw Problem(message: "a hash names its algorithm", offset: offset, hint: "write '--hash sha256:…'")
      }
      let digest = value[value.index(after: colon)...]
      let hash = try URLFragment.hash(
        value[..<colon], digest, at: offset, digestAt: offset + value.count - digest.count)
      options.hashes.append(hash)
    case .prereleases, .noDependencies: break
    }
  }

  private func index(_ value: String, at offset: Int) throws(Problem) -> RemoteURL {
    var read = try URLReader.index(value[...], at: offset)
    read.url.userInfo = context.userInfo(read)
    return read.url
  }

  /// A page's URL as it is, or a directory.
  private func links(_ value: String, at offset: Int) throws(Problem) -> RemoteURL {
    var path = value
    if value.contains("://") {
      var read = try URLReader.read(value[...], at: offset, schemes: ["https", "http", "file"])
      read.url.userInfo = context.userInfo(read)
      try URLReader.refuseSecrets(in: read)
      guard read.url.scheme == "file" else { return read.url }
      path = read.url.path
    }
    let isURL = value.lowercased().hasPrefix("file:")
    if isURL, !value.contains("://") { path = String(value.dropFirst("file:".count)) }
    guard let decoded = isURL ? path.percentDecoded : path, !decoded.isEmpty, !decoded.hasPrefix("~"),
      !decoded.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
    else {
      throw Problem(
        message: "this is no path and no URL", offset: offset,
        hint: "write '--find-links ./wheels' or '--find-links https://host/wheels/'")
    }
    return RemoteURL(
      scheme: "file", host: "", path: decoded.absolutePath(from: context.directory).percentEncodedPath)
  }

  /// `:all:`, `:none:`, or names: the requirement's own one alone makes sense.
  private mutating func takeBinaries(
    _ option: PipOptions.Known, _ value: String, at offset: Int, optionAt place: Int, _ name: PackageName?
  ) throws(Problem) {
    var itemOffset = offset
    for item in value.split(separator: ",", omittingEmptySubsequences: false) {
      defer { itemOffset += item.count + 1 }
      if item == ":none:" {
        if binaries?.option == option { binaries = nil }
        continue
      }
      if item != ":all:" {
        guard let package = PackageName(item) else {
          throw Problem(
            message: "this is no package's name", offset: itemOffset, hint: "write '\(option.rawValue) :all:'")
        }
        guard package == name else {
          throw Problem(
            message:
              "'\(option.rawValue)' holds for \(name?.text ?? "this requirement") alone, and this is another package",
            offset: itemOffset, hint: "write '\(option.rawValue) :all:'")
        }
      }
      if let binaries, binaries.option != option {
        throw Problem(
          message: "'--no-binary' and '--only-binary' together leave no file", offset: place,
          hint: "take one of them out")
      }
      binaries = (option, place)
    }
  }

  private func merged(into requirement: Requirement) -> Requirement {
    var options = options
    options.hashes = Array(Set(options.hashes)).sorted()
    options.binaries = binaries.map { $0.option == .onlyBinary ? .only : .none } ?? .any
    switch requirement {
    case .index(var index):
      index.options = options
      return .index(index)
    case .git(var git):
      git.options = options
      return .git(git)
    case .directory(var directory):
      directory.options = options
      return .directory(directory)
    case .archive(var archive):
      // One list: the file must have one of them, wherever it was written.
      archive.hashes = Array(Set(archive.hashes + options.hashes)).sorted()
      options.hashes = []
      archive.options = options
      return .archive(archive)
    }
  }

  // MARK: what goes with what

  /// What is wrong with an option beside a direct reference; nil where nothing is.
  private static func misfit(_ option: PipOptions.Known, _ requirement: Requirement, at offset: Int) -> Problem? {
    let kind: String
    switch requirement {
    case .index: return nil
    case .git: kind = "a git repository"
    case .archive: kind = "an archive"
    case .directory: kind = "a directory"
    }
    let reason: String
    var hint = "take it out"
    switch option {
    case .noDependencies: return nil
    case .index, .extraIndex, .findLinks:
      reason = "it comes from no index"
      hint = "take it out; where its dependencies come from stands under 'spec.indexes'"
    case .prereleases:
      reason = "it has one version, and that is taken"
    case .noBinary, .onlyBinary:
      reason = kind == "an archive" ? "it is built if it is a source archive, and not if it is a wheel" : "it is built"
    case .hash:
      if case .archive = requirement { return nil }
      reason = kind == "a directory" ? "it is no single file" : "its commit says what it is"
      if case .git = requirement { hint = "pin a commit instead: write its id behind '@'" }
    }
    return Problem(
      message: "'\(option.rawValue)' means nothing for \(kind): \(reason)", offset: offset, hint: hint)
  }
}
