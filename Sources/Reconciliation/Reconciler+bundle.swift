internal import Installation
public import Model
internal import Platform
internal import Resolution

extension Reconciler {
  /// What a bundle holds, and what became of it.
  public struct BundleResult: Sendable {
    /// The SHA-256 of the bundle's bytes.
    public var sha256: String
    /// How many bytes it has.
    public var size: Int
    /// How many wheels are in it.
    public var wheels: Int
    /// The distributions whose wheels were built, of which the lockfile has no hash; sorted.
    public var built: [String]
    /// Whether the lockfile was written.
    public var wroteLockfile = false
    /// What the user should know.
    public var warnings: [Diagnostic] = []
  }

  /// Writes the lockfile, and the wheels that it means for the interpreter here, into one file: what must be downloaded is, what
  /// must be built is. The same lockfile and wheels give the same bytes.
  ///
  /// Throws what an apply with a binding lockfile throws before it builds a generation.
  public func exportBundle(to path: String) async throws -> BundleResult {
    try StateLayout.prepare(state)
    let (text, lockfile, interpreter, selection, warnings) = try await bound()
    try environment.checkSubmodules(lockfile, asking: services.sources, reading: services.references)
    try await environment.checkSignatures(lockfile, asking: services.sources, reading: services.references)
    let area = try StagingArea.make(in: state.staging)
    defer { try? area.remove() }
    let observed = try Observation.of(environment.name, in: state, checksDrift: false)
    let filler = StoreFiller(
      services: services, environment: environment, interpreter: interpreter, observed: observed, area: area,
      lockfile: lockfile)
    let files = try await filler.wheels(of: selection)
    var index = BundleIndex(
      environment: environment.name, python: interpreter.minorVersion, platform: interpreter.platformName,
      lockDigest: "sha256:" + Digest.sha256(text), wheels: [])
    for (item, file) in zip(selection.items, files) {
      // That of what was downloaded is the lockfile's: it was checked on the way.
      let sha256 = try FileDigest.sha256(file)
      index.wheels.append(
        BundleIndex.Wheel(
          distribution: item.locked.name.text, identity: item.identity.text, file: file.lastPathComponent,
          sha256: sha256, size: Files.identity(file)?.size ?? 0))
    }
    Files.clearLeftovers(of: path)
    let temporary = Files.temporaryName(beside: path)
    defer { try? Files.remove(temporary) }
    let writer = try TarWriter(temporary)
    // Who writes another bundle to the same place clears away what is not locked.
    let held = try FileLock.attempt(temporary)
    defer { withExtendedLifetime(held) {} }
    try writer.add("index.json", JSONText.bytes(of: index))
    try writer.add("pylock.toml", Array(text.utf8))
    var written: Set<String> = []
    for (wheel, file) in zip(index.wheels, files) where written.insert(wheel.sha256).inserted {
      try writer.add(wheel.member, contentOf: file, size: wheel.size)
    }
    try writer.finish()
    try Files.rename(temporary, to: path)
    try Files.sync(directory: path.parentPath)
    return BundleResult(
      sha256: try FileDigest.sha256(path), size: Files.identity(path)?.size ?? 0, wheels: index.wheels.count,
      built: index.built, warnings: warnings)
  }

  /// Takes a bundle's wheels into the store and the cache, and its lockfile where there is none, so that `apply --locked` needs no
  /// network. Nothing is taken before all of it was checked.
  ///
  /// `sha256` is what the bundle's bytes must have. Throws `bundleInvalid`, `hashMismatch`, `lockStale`, and what an apply with
  /// a binding lockfile throws before it builds a generation.
  public func importBundle(from path: String, sha256: String?) async throws -> BundleResult {
    try StateLayout.prepare(state)
    try Files.makeDirectory(state.environment(environment.name))
    let lock = try await FileLock.acquire(
      state.lock(environment.name), waitingUpTo: options.lockTimeout, command: services.command,
      onWait: { services.announce("Waiting for another Pinion to end") })
    defer { withExtendedLifetime(lock) {} }
    let area = try StagingArea.make(in: state.staging)
    defer { try? area.remove() }
    let bundle = try Bundle(path, expecting: sha256, in: area)
    let previous = try Files.readIfPresent(environment.lockfile)
    if let previous, previous != Array(bundle.lockText.utf8) {
      throw Failure(
        .lockStale, "the bundle was made for another lockfile than the one that is here",
        at: .path(environment.lockfile), hint: "bring both from where the bundle was made, or make a new bundle there")
    }
    let (_, _, interpreter, selection, warnings) = try await bound(text: bundle.lockText)
    try PlatformCheck.check(
      environment, isFor: bundle.index.platform, bundle.index.python, on: interpreter)
    let wheels = try bundle.wheels(for: selection, interpreter: interpreter)
    // From here on the store has what only the bundle's own list holds.
    let storeLock = try await FileLock.acquireStore(
      state.storeLock, .shared, waitingUpTo: options.lockTimeout,
      onWait: { services.announce("Waiting for another Pinion to end") })
    defer { withExtendedLifetime(storeLock) {} }
    services.announce("Unpacking \(wheels.count) \(wheels.count == 1 ? "wheel" : "wheels")")
    var unpacked: [Store.Unpacked] = []
    var keys: [String] = []
    for (item, file) in zip(selection.items, wheels) {
      guard case .wheel(let key) = item.identity else {
        try WheelCache.keep(file, of: item, for: interpreter, in: state)
        continue
      }
      keys.append(key)
      if !services.store.contains(key) {
        unpacked.append(try services.store.unpack(wheel: file, key: key, in: area))
      }
    }
    try Files.makeDirectory(state.bundles)
    try Files.replace(
      "\(state.bundles)/\(Digest.sha256(bundle.lockText))", with: Array(keys.map { "\($0)\n" }.joined().utf8))
    try services.store.adopt(unpacked)
    var result = BundleResult(
      sha256: bundle.sha256, size: bundle.size, wheels: wheels.count, built: bundle.index.built, warnings: warnings)
    if sha256 == nil, !result.built.isEmpty {
      result.warnings.append(
        Diagnostic(
          .bundleInvalid, severity: .warning,
          "\(result.built.joined(separator: ", ")) came built, and was taken on trust",
          at: .path(path), because: "a lockfile has no hash of what is built from a repository or a source archive",
          hint: "name the bundle's SHA-256 as `pinion bundle export` printed it: --sha256 DIGEST"))
    }
    if previous == nil {
      try checkWritable()
      try Files.replace(environment.lockfile, with: Array(bundle.lockText.utf8))
      result.wroteLockfile = true
    }
    return result
  }

  /// A lockfile that binds, with what it means here: the one on disk, or the given text, which must be for the manifest.
  private func bound(text: String? = nil) async throws -> (
    text: String, lockfile: Lockfile, interpreter: Interpreter, selection: Selection, warnings: [Diagnostic]
  ) {
    let surroundings = Surroundings(services: services, environment: environment)
    var warnings: [Diagnostic] = []
    let bytes: String
    if let text {
      bytes = text
      let lockfile = try LockfileCodec.decode(text, path: environment.lockfile)
      guard try lockfile.inputsDigest == ResolutionInputs(environment).digest else {
        throw Failure(
          .lockStale, "the bundle's lockfile is not for this manifest", at: .path(environment.lockfile),
          because: "the manifest was changed since it was locked, or is another one",
          hint: "bring manifest and bundle from the same place")
      }
    } else {
      let lock = try await lock(surroundings, observed: nil)
      (bytes, warnings) = (lock.text, lock.warnings)
    }
    let (interpreter, base) = try await surroundings.get()
    let lockfile = try LockfileCodec.decode(bytes, path: environment.lockfile)
    try PlatformCheck.check(environment, isFor: lockfile.platform, lockfile.python, on: interpreter)
    try BaseCheck.check(lockfile, base: base, environment: environment)
    if text != nil {
      try PolicyCheck.check(environment)
      let asked = environment.policy.asksInterpreter ? interpreter : nil
      warnings += try PolicyCheck(environment: environment, interpreter: asked, now: services.now()).check(lockfile)
    }
    return (bytes, lockfile, interpreter, try Selection(lockfile, for: interpreter), warnings)
  }
}

extension BundleIndex {
  /// The distributions whose wheels were built.
  var built: [String] { wheels.filter { !$0.identity.hasPrefix("wheel:") }.map(\.distribution).sorted() }
}

/// A bundle whose every byte was checked, with its wheels lying in staging.
private struct Bundle {
  let index: BundleIndex
  let lockText: String
  let sha256: String
  let size: Int
  private let path: String
  private let files: [String: String]

  init(_ path: String, expecting sha256: String?, in area: StagingArea) throws {
    self.path = path
    func invalid(_ reason: String) -> Failure {
      Failure(
        .bundleInvalid, "the bundle is not valid", at: .path(path), because: reason,
        hint: "nothing of it was taken; bring it again from where `pinion bundle export` made it")
    }
    do {
      var reader = try TarReader(path)
      self.sha256 = try FileDigest.sha256(path)
      size = Files.identity(path)?.size ?? 0
      if let sha256, sha256 != self.sha256 {
        throw Failure(
          .hashMismatch, "the bundle is not the one that was meant", at: .path(path),
          because: "its SHA-256 is \(self.sha256), asked for is \(sha256)",
          hint: "nothing of it was taken; bring it again from where `pinion bundle export` made it")
      }
      guard let first = try reader.next(), first.name == "index.json" else {
        throw invalid("it does not begin with index.json")
      }
      let indexBytes = try reader.bytes(of: first, atMost: 16 << 20)
      if let version = JSONNode(indexBytes)?["formatVersion"]?.integer, version != BundleIndex.formatVersion {
        throw invalid("its format is \(version), this Pinion reads \(BundleIndex.formatVersion)")
      }
      guard let index = JSONText.value(BundleIndex.self, from: indexBytes) else {
        throw invalid("its index cannot be read")
      }
      self.index = index
      guard let second = try reader.next(), second.name == "pylock.toml" else {
        throw invalid("the lockfile does not stand behind its index")
      }
      lockText = String(decoding: try reader.bytes(of: second, atMost: 256 << 20), as: UTF8.self)
      guard "sha256:" + Digest.sha256(lockText) == index.lockDigest else {
        throw invalid("the lockfile in it is not the one that its index names")
      }
      var files: [String: String] = [:]
      for wheel in index.wheels where files[wheel.sha256] == nil {
        guard WheelName(wheel.file) != nil, !wheel.file.contains("/"), wheel.file.utf8.count <= 255,
          wheel.sha256.utf8.count == 64, wheel.sha256.allSatisfy(\.isHexDigit)
        else { throw invalid("its index names what is no wheel") }
        guard let member = try reader.next() else { throw invalid("\(wheel.file) is missing in it") }
        guard member.name == wheel.member, member.size == wheel.size else {
          throw invalid("a file in it is not the one that its index names in that place")
        }
        let directory = "\(area.path)/\(wheel.sha256)"
        try Files.makeDirectory(directory)
        let target = "\(directory)/\(wheel.file)"
        guard try reader.extract(member, to: target) == wheel.sha256 else {
          throw invalid("\(wheel.file) in it is damaged")
        }
        files[wheel.sha256] = target
      }
      guard try reader.next() == nil else { throw invalid("a file in it is not in its index") }
      self.files = files
    } catch let problem as TarArchive.Problem {
      throw invalid(problem.reason)
    }
  }

  /// The wheels of a selection, in its order. Throws `bundleInvalid` with what is missing.
  func wheels(for selection: Selection, interpreter: Interpreter) throws(Failure) -> [String] {
    var complaints: [Diagnostic] = []
    var found: [String] = []
    for item in selection.items {
      let entry = index.wheels.first {
        $0.distribution == item.locked.name.text && $0.identity == item.identity.text
      }
      guard let entry, let file = files[entry.sha256] else {
        complaints.append(
          Diagnostic(
            .bundleInvalid, "the bundle lacks \(item.locked.name) \(item.locked.version) as it is needed here",
            at: .path(path), because: "it was made with Python \(index.python) on \(index.platform)",
            hint: "make it on a machine of this kind, with this Python"))
        continue
      }
      if let reason = Self.reason(against: entry, item, interpreter) {
        complaints.append(
          Diagnostic(
            .bundleInvalid, "the bundle has another file for \(item.locked.name) than the lockfile", at: .path(path),
            because: reason, hint: "nothing of it was taken; make it again: pinion bundle export"))
      }
      found.append(file)
    }
    guard complaints.isEmpty else { throw Failure(complaints) }
    return found
  }

  /// Why a wheel is not what the lockfile means; nil where it is.
  private static func reason(
    against entry: BundleIndex.Wheel, _ item: Selection.Item, _ interpreter: Interpreter
  ) -> String? {
    if case .wheel(let sha256) = item.identity {
      if sha256 != entry.sha256 { return "its SHA-256 is \(entry.sha256), the lockfile says \(sha256)" }
      // The file is the lockfile's, and so is its name.
      return item.file.map { $0.name == entry.file ? nil : "it is called \(entry.file)" } ?? nil
    }
    guard let name = WheelName(entry.file), name.distribution == item.locked.name,
      name.version == Version(item.locked.version)
    else { return "it is \(entry.file), the lockfile says \(item.locked.version)" }
    guard WheelTags.best(among: [name], supported: interpreter.tags) != nil else {
      return "\(entry.file) does not fit \(interpreter.platformText)"
    }
    return nil
  }
}
