internal import FoundationEssentials
internal import Model
internal import Network
internal import Platform

/// Solves version requirements with `uv pip compile`, behind the loopback index.
struct UvResolver: Resolver {
  var uv: Uv
  var context: UvContext

  /// Asks uv. Throws `unsolvable` with uv's explanation, `packageAbsent`, or what the indexes behind said.
  func solve(_ question: ResolutionQuestion) async throws -> [SolvedDistribution] {
    try await answering(base: question.base) { session in
      switch try await session.answer(question) {
      case .solved(let distributions): return distributions
      case .refused(let failure, _): throw failure
      }
    }
  }

  /// What came of a question.
  enum Answer: Sendable {
    /// One version of each distribution.
    case solved([SolvedDistribution])
    /// None, and why. `words` is what uv says where it found out that there is no solution; else nil.
    case refused(Failure, words: String?)
  }

  /// Answers questions about one base, one after the other, behind one index.
  ///
  /// - Parameter remembers: whether each page is asked for once, whatever the number of questions.
  func answering<Result: Sendable>(
    base: BaseEnvironment?, remembers: Bool = false,
    _ body: @escaping @Sendable (UvSession) async throws -> Result
  ) async throws -> Result {
    let area = try StagingArea.make(in: context.state.staging)
    defer { try? area.remove() }
    return try await LoopbackIndex.serve(
      context.sources(base: base?.distributions ?? [], remembers: remembers), client: context.client,
      portFile: context.portFile
    ) { index in
      try await body(UvSession(resolver: self, index: index, area: area.path))
    }
  }

  /// One run of uv, of so many seconds at most.
  fileprivate func answer(
    _ question: ResolutionQuestion, with index: LoopbackIndex, in scratch: String, deadline: Double
  ) async throws -> Answer {
    let output = "\(scratch)/pylock.toml"
    try Files.write(lines(question.requirements), to: "\(scratch)/requirements.in")
    if let preferences = UvResolver.preferences(question.preferences) { try Files.write(preferences, to: output) }
    // uv must not follow git references by itself, past our credentials: it finds a git that says so.
    try Files.makeDirectory("\(scratch)/bin")
    try Files.write(
      "#!/bin/sh\necho 'git references are resolved by Pinion alone' >&2\nexit 1\n", to: "\(scratch)/bin/git",
      mode: 0o755)
    let result = try await uv.run(
      try arguments(question, output: output, scratch: scratch), pages: "base/simple",
      of: index.location, in: context, tools: ["\(scratch)/bin"] + context.searchPath, scratch: scratch,
      deadline: deadline)
    if result.errorOutput.contains("Building ") { context.confinement.tellOfBuild() }
    guard result.status == 0 else {
      if let dependency = URLDependency(result.errorOutput) { throw dependency }
      let isUnsolvable = !result.timedOut && result.errorOutput.contains("No solution found")
      return .refused(
        failure(result, index: index, question),
        words: isUnsolvable ? UvResolver.explanation(result.errorOutput, address: index.location) : nil)
    }
    let solved = try UvResolver.read(
      String(decoding: try Files.read(output), as: UTF8.self), address: index.location)
    let origins = await index.origins(of: solved.map(\.name))
    return .solved(
      solved.map { entry in
        var entry = entry
        entry.index = origins[entry.name] ?? ""
        for wheel in entry.wheels { entry.metadata[wheel.url] = index.metadata(ofWheelAt: wheel.url) }
        return entry
      })
  }

  /// Writes what uv reads from files, and says what it is called with.
  private func arguments(_ question: ResolutionQuestion, output: String, scratch: String) throws -> [String] {
    var arguments = [
      "pip", "compile", "\(scratch)/requirements.in", "--format", "pylock.toml", "-o", output, "--no-config",
      "--no-sources", "--no-header", "--python", question.interpreter.executable, "--python-version",
      question.interpreter.minorVersion,
    ]
    if let target = question.interpreter.target { arguments += ["--python-platform", target] }
    for name in question.withPrereleases.sorted() { arguments += ["--prerelease-package", "\(name)=allow"] }
    if !question.overrides.isEmpty {
      try Files.write(lines(question.overrides), to: "\(scratch)/overrides.txt")
      arguments += ["--overrides", "\(scratch)/overrides.txt"]
    }
    if !question.withoutDependencies.isEmpty {
      try Files.write(UvResolver.settings(question), to: "\(scratch)/uv.toml")
      arguments += ["--config-file", "\(scratch)/uv.toml"]
    }
    if !question.constraints.isEmpty {
      try Files.write(lines(question.constraints), to: "\(scratch)/constraints.txt")
      arguments += ["--constraints", "\(scratch)/constraints.txt"]
    }
    switch question.upgrade {
    case .none: if context.asksAnew { arguments.append("--refresh") }
    case .all, .allPackages: arguments += ["--upgrade", "--refresh"]
    case .packages(let names):
      for name in names { arguments += ["--upgrade-package", name.text, "--refresh-package", name.text] }
    }
    // Of these less than the whole page counts, which uv may have and believe.
    for name in context.routes.bound.names.sorted() { arguments += ["--refresh-package", name.text] }
    return arguments
  }

  private func lines(_ texts: [String]) -> String { texts.map { $0 + "\n" }.joined() }

  /// What was locked, as much of it as uv reads out of an existing output file: names and versions. Nil where nothing
  /// came from an index: uv takes a file without packages for a broken one.
  private static func preferences(_ locked: [LockedDistribution]) -> String? {
    let indexed = locked.filter { if case .index = $0.source { true } else { false } }
    guard !indexed.isEmpty else { return nil }
    var writer = TOMLWriter()
    writer.pair("lock-version", "1.0")
    writer.pair("created-by", "pinion")
    for distribution in indexed {
      writer.element("packages")
      writer.pair("name", distribution.name.text)
      writer.pair("version", distribution.version)
    }
    return writer.text
  }

  /// Settings that say of distributions that they depend on nothing.
  private static func settings(_ question: ResolutionQuestion) -> String {
    var writer = TOMLWriter()
    for name in question.withoutDependencies.sorted() {
      writer.element("dependency-metadata")
      writer.pair("name", name.text)
      writer.pair("requires-dist", .array([]))
    }
    return writer.text
  }

  private func failure(_ result: ProcessResult, index: LoopbackIndex, _ question: ResolutionQuestion) -> Failure {
    let said = result.errorOutput
    // What the indexes behind answered is nearer to the cause than what uv makes of a bad gateway.
    let complaints = index.complaints
    let explanation = UvResolver.explanation(said, address: index.location)
    if !complaints.isEmpty {
      return Failure(
        complaints.map { complaint in
          // Who leads to what a rule leaves nothing of, the resolver alone knows.
          guard Blame.isLeftOut(complaint) else { return complaint }
          var copy = complaint
          copy.cause = [complaint.cause, explanation].compactMap(\.self).joined(separator: "\n")
          return copy
        })
    }
    let absent = said.contains("was not found in the package registry")
    if result.timedOut {
      return Failure(.resolverFailed, "the resolver did not end within 30 minutes", hint: "run the same command again")
    }
    if absent {
      return Failure(
        .packageAbsent, "a package does not exist on the package index", because: explanation,
        hint: "check its spelling, or name the index that has it under spec.indexes")
    }
    if said.contains("No solution found") {
      return Failure(
        .unsolvable, "no set of versions satisfies all modules",
        because: ([explanation] + question.restrictions).joined(separator: "\n"),
        hint: "loosen one of the requirements named above"
          + (question.base == nil ? "" : "; the base's versions are fixed")
          + (question.restrictions.isEmpty ? "" : "; or have the rule changed"))
    }
    if let built = said.firstMatch(of: /Failed to (?:build|download and build) `([^`]+)`/)?.1 {
      return Failure(
        .buildFailed, "\(built.replacing("==", with: " ")) could not be built, and says what it needs by that alone",
        because: context.builds.cause(
          said, shown: UvResolver.explanation(BuildOutput.cause(said), address: index.location)),
        hint: Failure.wayAroundBuild)
    }
    return Failure(
      .resolverFailed, "the resolver failed", because: context.builds.cause(said, shown: explanation))
  }

  /// uv's words without its marks, with our addresses taken out.
  private static func explanation(_ text: String, address: LoopbackAddress) -> String {
    text.split(separator: "\n").map { line in
      var words = Substring(line).trimmed
      for mark in ["×", "╰─▶", "├─▶", "│", "error:", "hint:", "cause:"] where words.hasPrefix(mark) {
        words = Substring(words.dropFirst(mark.count)).trimmed
      }
      return address.shown(words)
    }
    .filter {
      !$0.isEmpty && !$0.hasPrefix("Resolved ") && !$0.hasPrefix("Building ") && !$0.hasPrefix("warning:")
        && !$0.contains("--python-version")
    }.joined(separator: "\n")
  }

  /// Reads uv's pylock.toml, with the real URLs put back.
  static func read(_ text: String, address: LoopbackAddress) throws -> [SolvedDistribution] {
    guard let root = try? TOMLDocument.parse(text) else {
      throw Failure(.resolverFailed, "the resolver wrote a lockfile that cannot be read")
    }
    return try (root["packages"]?.array?.compactMap(\.table) ?? []).map { table in
      guard let name = table["name"]?.string.flatMap({ PackageName($0) }) else {
        throw Failure(.resolverFailed, "the resolver wrote a package without a name")
      }
      func file(_ entry: [String: TOMLValue]) -> LockedFile? {
        guard let url = entry["url"]?.string else { return nil }
        let real = address.remote(url) ?? url
        let written = entry["name"]?.string ?? real.split(separator: "/").last.map(String.init) ?? real
        let fileName = written.percentDecoded ?? written
        guard LockfileCodec.isFileName(fileName) else { return nil }
        return LockedFile(
          name: fileName, url: real, size: entry["size"]?.int,
          sha256: entry["hashes"]?.table?["sha256"]?.string ?? "",
          uploadTime: entry["upload-time"]?.moment)
      }
      return SolvedDistribution(
        name: name, version: table["version"]?.string ?? "", index: "",
        wheels: (table["wheels"]?.array?.compactMap(\.table) ?? []).compactMap(file),
        sdist: table["sdist"]?.table.flatMap(file))
    }
  }
}

/// The resolver behind an index that stays while several questions are asked.
struct UvSession: Sendable {
  fileprivate let resolver: UvResolver
  fileprivate let index: LoopbackIndex
  fileprivate let area: String

  /// Whether asking the indexes again could tell of something newer.
  var mayBeStale: Bool { index.mayBeStale }

  /// Asks uv, which may take so many seconds. Throws `URLDependency` and what files say.
  func answer(_ question: ResolutionQuestion, deadline: Double = 1800) async throws -> UvResolver.Answer {
    let scratch = "\(area)/\(String(UInt64.random(in: .min ... .max), radix: 36))"
    try Files.makeDirectory(scratch)
    return try await resolver.answer(question, with: index, in: scratch, deadline: deadline)
  }

  /// The same with what is declared in place of what packages of an index name by its place. Such a place that nobody declares
  /// is a refusal.
  func answer(_ varied: QuestionParts.Varied, deadline: Double = 1800) async throws -> UvResolver.Answer {
    var varied = varied
    var substituted: Set<PackageName> = []
    while true {
      do { return try await answer(varied.question, deadline: deadline) } catch let dependency as URLDependency {
        guard substituted.insert(dependency.name).inserted, varied.substitute(dependency.name) else {
          return .refused(dependency.failure, words: nil)
        }
      }
    }
  }
}
