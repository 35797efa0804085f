public import Model

/// Lockfiles as bytes and back: PEP 751, with Pinion's own data under `[tool.pinion]`.
public enum LockfileCodec {
  // MARK: Encoding

  /// The text of a lockfile that stands at `path`. The same content gives the same bytes; local paths are relative to it.
  public static func encode(_ lockfile: Lockfile, path: String) -> String {
    let directory = path.parentPath
    var writer = TOMLWriter()
    writer.pair("lock-version", "1.0")
    writer.pair("created-by", "pinion")
    writer.pair("requires-python", lockfile.requiresPython)
    if !lockfile.environments.isEmpty { writer.pair("environments", .array(lockfile.environments.map { .string($0) })) }
    func others(_ place: UnknownKey.Place) {
      for (key, value) in lockfile.unknownPairs(at: place) { writer.pair(key, value) }
    }
    others(.document)
    for distribution in lockfile.distributions { encode(distribution, of: lockfile, to: &writer, directory) }
    writer.header("tool.pinion")
    writer.pair("format-version", .integer(Lockfile.formatVersion))
    writer.pair("inputs-digest", lockfile.inputsDigest)
    writer.pair("python", lockfile.python)
    writer.pair("platform", lockfile.platform)
    if !lockfile.heldBack.isEmpty { writer.pair("held-back", .array(lockfile.heldBack.map { .string($0) })) }
    others(.own)
    for need in lockfile.baseNeeds {
      writer.element("tool.pinion.base")
      writer.pair("name", need.name.text)
      writer.pair("version", need.version)
      writer.pair("needs", need.specifiers.description)
      if !need.dependencies.isEmpty {
        writer.pair("dependencies", .array(need.dependencies.map { .string($0.text) }))
      }
      others(.need(need.name))
    }
    for module in lockfile.modules {
      writer.element("tool.pinion.modules")
      writer.pair("name", module.name)
      writer.pair("section", module.section.rawValue)
      writer.pair("module", module.importPath)
      writer.pair("requirement", module.requirement.map { LocalReference.relative($0, to: directory) })
      writer.pair("answer", module.answer.rawValue)
      writer.pair("distribution", module.distribution?.text)
      others(.module(module.label))
    }
    let tools = lockfile.unknownPairs(at: .tool)
    if !tools.isEmpty { writer.header("tool") }
    for (key, value) in tools { writer.pair(key, value) }
    return writer.text
  }

  private static func encode(
    _ distribution: LockedDistribution, of lockfile: Lockfile, to writer: inout TOMLWriter, _ directory: String
  ) {
    let name = distribution.name
    var own: [(String, TOMLWriter.Value)] = []
    writer.element("packages")
    writer.pair("name", distribution.name.text)
    // PEP 751: a package that is built from a source tree has no version of its own in the file.
    switch distribution.source {
    case .index, .archive: writer.pair("version", distribution.version)
    case .git, .directory: break
    }
    if !distribution.dependencies.isEmpty {
      writer.list(
        "dependencies",
        distribution.dependencies.map {
          .table([("name", .string($0.text))] + lockfile.unknownPairs(at: .dependency(name, $0)))
        })
    }
    switch distribution.source {
    case .index(let url, let wheels, let sdist):
      writer.pair("index", url.isEmpty ? nil : url)
      func file(_ file: LockedFile) -> TOMLWriter.Value { self.file(file, of: name, in: lockfile, directory) }
      if let sdist { writer.pair("sdist", file(sdist)) }
      if !wheels.isEmpty { writer.list("wheels", wheels.sorted { $0.name < $1.name }.map(file)) }
    case .git(let pin):
      let url = LocalReference.relative(pin.url, to: directory)
      own = [("version", .string(distribution.version)), ("follows", .boolean(pin.isFollowed))]
      var place: (String, TOMLWriter.Value) = ("url", .string(url))
      if url.hasPrefix("file:") {
        // PEP 751 has a key of its own for a repository on disk: a path as the system has it, nothing percent-encoded.
        let encoded = String(url.dropFirst("file:".count))
        let path = encoded.percentDecoded ?? encoded
        place = ("path", .string(path))
        // Declared in other letters of the same meaning: kept, since pins are found by what was asked for.
        if path.percentEncodedPath != encoded { own.append(("path", .string(encoded))) }
      }
      var pairs: [(String, TOMLWriter.Value)] = [("type", .string("git")), place]
      if let revision = pin.requestedRevision { pairs.append(("requested-revision", .string(revision))) }
      pairs.append(("commit-id", .string(pin.commit)))
      if let subdirectory = pin.subdirectory { pairs.append(("subdirectory", .string(subdirectory))) }
      writer.pair("vcs", .table(pairs + lockfile.unknownPairs(at: .source(name))))
    case .archive(let pin): encode(pin, of: name, in: lockfile, to: &writer, directory)
    case .directory(let pin):
      encode(pin, of: name, in: lockfile, to: &writer, directory)
      own = [("version", .string(distribution.version)), ("tree", .string(pin.digest))]
    }
    for (key, value) in lockfile.unknownPairs(at: .package(name)) { writer.pair(key, value) }
    own += lockfile.unknownPairs(at: .packageOwn(name))
    let tools = (own.isEmpty ? [] : [("pinion", .table(own))]) + lockfile.unknownPairs(at: .packageTool(name))
    if !tools.isEmpty { writer.pair("tool", .table(tools)) }
  }

  private static func file(
    _ file: LockedFile, of name: PackageName, in lockfile: Lockfile, _ directory: String
  ) -> TOMLWriter.Value {
    var pairs: [(String, TOMLWriter.Value)] = [("name", .string(file.name)), place(of: file.url, directory)]
    if let time = file.uploadTime { pairs.append(("upload-time", .moment(time))) }
    if let size = file.size { pairs.append(("size", .integer(size))) }
    let hashes: [(String, TOMLWriter.Value)] = [("sha256", .string(file.sha256))]
    pairs.append(("hashes", .table(hashes + lockfile.unknownPairs(at: .hashes(name, file.name)))))
    return .table(pairs + lockfile.unknownPairs(at: .file(name, file.name)))
  }

  // MARK: Decoding

  /// Reads a lockfile. Throws `lockInvalid` saying what is wrong with it.
  public static func decode(_ text: String, path: String) throws(Failure) -> Lockfile {
    let root: [String: TOMLValue]
    do throws(TOMLDocument.Problem) { root = try TOMLDocument.parse(text) } catch {
      throw invalid("it is not TOML: \(error.message)", path, line: error.line, column: error.column)
    }
    guard let lockVersion = root["lock-version"]?.string else { throw invalid("it has no lock-version", path) }
    guard lockVersion == "1.0" || lockVersion.hasPrefix("1.") else {
      throw invalid("its lock-version is \(lockVersion), this Pinion reads 1.0", path, hint: "update Pinion")
    }
    guard let own = root["tool"]?.table?["pinion"]?.table else {
      throw invalid("it was not written by Pinion: [tool.pinion] is missing", path)
    }
    guard let format = own["format-version"] else { throw invalid("[tool.pinion] has no format-version", path) }
    guard let version = format.int, version > 0 else {
      throw invalid("the format-version of [tool.pinion] is no positive number", path)
    }
    guard version <= Lockfile.formatVersion else {
      throw invalid(
        "its [tool.pinion] format is newer than this Pinion reads (\(Lockfile.formatVersion))", path,
        hint: "update Pinion")
    }
    guard let digest = own["inputs-digest"]?.string else { throw invalid("inputs-digest is missing", path) }
    var lockfile = Lockfile(
      requiresPython: root["requires-python"]?.string,
      distributions: try tables(root["packages"]).map { entry throws(Failure) in try distribution(entry, path) },
      inputsDigest: digest,
      modules: try tables(own["modules"]).map { entry throws(Failure) in try module(entry, path) },
      baseNeeds: try tables(own["base"]).map { entry throws(Failure) in try need(entry, path) })
    lockfile.python = own["python"]?.string
    lockfile.platform = own["platform"]?.string
    lockfile.heldBack = (own["held-back"]?.array ?? []).compactMap(\.string).sorted()
    lockfile.unknown = unknown(in: root)
    lockfile.environments = (root["environments"]?.array ?? []).compactMap(\.string)
    try checkWhole(lockfile, path)
    return lockfile
  }

  private static func distribution(_ table: [String: TOMLValue], _ path: String) throws(Failure) -> LockedDistribution {
    let own = table["tool"]?.table?["pinion"]?.table
    guard let name = table["name"]?.string.flatMap({ PackageName($0) }),
      let version = table["version"]?.string ?? own?["version"]?.string
    else {
      throw invalid("a package has no valid name or version", path)
    }
    let source: LockedDistribution.Source
    if let vcs = table["vcs"]?.table {
      let local = vcs["path"]?.string.map { written in
        let declared = own?["path"]?.string.flatMap { ($0.percentDecoded ?? $0) == written ? $0 : nil }
        return LocalReference.absolute("file:\(declared ?? written.percentEncodedPath)", from: path.parentPath)
      }
      guard vcs["type"]?.string == "git", let url = vcs["url"]?.string ?? local, let commit = vcs["commit-id"]?.string
      else {
        throw invalid("the vcs entry of \(name) is incomplete", path)
      }
      let subdirectory = vcs["subdirectory"]?.string
      guard isDigest(commit, length: 40), subdirectory.map(isInside) ?? true else {
        throw invalid("the vcs entry of \(name) has no valid commit or directory", path)
      }
      source = .git(
        GitPin(
          url: url, requestedRevision: vcs["requested-revision"]?.string, commit: commit,
          subdirectory: subdirectory,
          isFollowed: own?["follows"]?.bool ?? false))
    } else if let archive = table["archive"]?.table {
      source = .archive(try archivePin(archive, of: name, path))
    } else if let directory = table["directory"]?.table {
      source = .directory(try directoryPin(directory, digest: own?["tree"]?.string, of: name, path))
    } else {
      let wheels = try tables(table["wheels"]).map { entry throws(Failure) in try file(entry, of: name, path) }
      let sdist = try table["sdist"]?.table.map { entry throws(Failure) in try file(entry, of: name, path) }
      guard !wheels.isEmpty || sdist != nil else { throw invalid("\(name) has neither wheels nor an sdist", path) }
      guard Version(version) != nil else { throw invalid("\(name) has a version that is none (PEP 440)", path) }
      source = .index(url: table["index"]?.string ?? "", wheels: wheels, sdist: sdist)
    }
    return LockedDistribution(
      name: name, version: version, source: source,
      dependencies: tables(table["dependencies"]).compactMap { $0["name"]?.string.flatMap { PackageName($0) } }.sorted()
    )
  }

  private static func file(_ table: [String: TOMLValue], of name: PackageName, _ path: String) throws(Failure)
    -> LockedFile
  {
    guard let url = url(table, from: path), let sha256 = table["hashes"]?.table?["sha256"]?.string else {
      throw invalid("a file of \(name) has no url or no sha256", path)
    }
    guard isDigest(sha256, length: 64) else { throw invalid("a file of \(name) has a sha256 that is none", path) }
    let fileName = table["name"]?.string ?? url.split(separator: "/").last.map(String.init) ?? url
    guard isFileName(fileName) else { throw invalid("a file of \(name) has a name that is none", path) }
    return LockedFile(
      name: fileName, url: url, size: table["size"]?.int, sha256: sha256, uploadTime: table["upload-time"]?.moment)
  }

  // What a lockfile says becomes paths on disk: nothing in it may lead elsewhere.

  static func isDigest(_ text: String, length: Int) -> Bool {
    text.utf8.count == length && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }

  static func isFileName(_ text: String) -> Bool {
    !text.isEmpty && text != "." && text != ".." && !text.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
  }

  static func isInside(_ directory: String) -> Bool {
    !directory.isEmpty && !directory.hasPrefix("/") && !directory.split(separator: "/").contains("..")
  }

  private static func module(_ table: [String: TOMLValue], _ path: String) throws(Failure) -> LockedModule {
    guard let name = table["name"]?.string, let importPath = table["module"]?.string,
      let section = table["section"]?.string.flatMap(Module.Section.init(rawValue:)),
      let answer = table["answer"]?.string.flatMap(LockedModule.Answer.init(rawValue:))
    else { throw invalid("an entry of tool.pinion.modules is incomplete", path) }
    return LockedModule(
      name: name, section: section, importPath: importPath,
      requirement: table["requirement"]?.string.map { LocalReference.absolute($0, from: path.parentPath) },
      distribution: table["distribution"]?.string.flatMap { PackageName($0) }, answer: answer)
  }

  private static func need(_ table: [String: TOMLValue], _ path: String) throws(Failure) -> BaseNeed {
    guard let name = table["name"]?.string.flatMap({ PackageName($0) }), let version = table["version"]?.string,
      let specifiers = VersionSpecifiers(table["needs"]?.string ?? "")
    else { throw invalid("an entry of tool.pinion.base is incomplete", path) }
    return BaseNeed(
      name: name, version: version, specifiers: specifiers,
      dependencies: (table["dependencies"]?.array ?? []).compactMap { $0.string.flatMap { PackageName($0) } }.sorted())
  }

  private static func tables(_ value: TOMLValue?) -> [[String: TOMLValue]] {
    value?.array?.compactMap(\.table) ?? []
  }

  static func invalid(
    _ reason: String, _ path: String, line: Int? = nil, column: Int? = nil, hint: String? = nil
  ) -> Failure {
    let place: Place =
      if let line, let column {
        .source(SourceLocation(file: path, line: line, column: column), excerpt: nil)
      } else {
        .path(path)
      }
    return Failure(
      .lockInvalid, "the lockfile cannot be read", at: place, because: reason,
      hint: hint ?? "restore it from version control, or remove it and run: pinion lock")
  }
}
