internal import Model
internal import Network
internal import Platform
internal import Synchronization

/// How uv is run, since uv runs build back ends: with bounds, and with a network of its own in which the loopback index is all there
/// is. One for all runs of a process: what the system refuses is found out once, and said once.
///
/// Where a network is refused, and no rule asks for one, uv runs in the host's.
public final class BuildConfinement: Sendable {
  private let helper: String
  private let announce: @Sendable (String) -> Void
  private let known = Mutex(Known())

  private struct Known {
    /// Why there is no network of its own.
    var refusal: String?
    var isSaid = false
  }

  /// Takes the path of `pinion-confine`, and who is told where builds are not confined.
  public init(helper: String, announce: @escaping @Sendable (String) -> Void) {
    self.helper = helper
    self.announce = announce
  }

  /// No honest file of a build is larger, in bytes.
  static let largestFile = 16 << 30

  /// Runs uv. Throws `policyDenied` where a rule asks for what the system refuses.
  func run(
    _ uv: String, _ arguments: [String], index: LoopbackAddress, rules: BuildRules, environment: [String: String],
    workingDirectory: String, deadline: Double
  ) async throws -> ProcessResult {
    if known.withLock({ $0.refusal == nil }) {
      do {
        return try await run(
          uv, arguments, index.port, rules, environment: environment, workingDirectory: workingDirectory,
          deadline: deadline)
      } catch let refused as ConfinedProcess.Refused {
        known.withLock { $0.refusal = refused.reason }
      }
    }
    if rules.permission == .isolated, let refusal = known.withLock({ $0.refusal }) {
      throw Failure(
        .policyDenied, "builds cannot be isolated on this host", because: "\(rules.text)\nthe system says: \(refusal)",
        hint: "let user namespaces be made here, as docs/security.md says, or forbid builds, which needs none: "
          + "`policy.builds: deny`")
    }
    return try await run(
      uv, arguments, nil, rules, environment: environment, workingDirectory: workingDirectory, deadline: deadline)
  }

  private func run(
    _ uv: String, _ arguments: [String], _ port: Int?, _ rules: BuildRules, environment: [String: String],
    workingDirectory: String, deadline: Double
  ) async throws -> ProcessResult {
    try await ConfinedProcess.run(
      uv, arguments, helper: helper, port: port,
      bounds: ConfinedProcess.Bounds(memory: rules.limits.mostMemory, fileSize: BuildConfinement.largestFile),
      environment: environment, workingDirectory: workingDirectory, deadline: deadline
    ) { socket in
      let relay = try await SocketRelay.start(socket, to: port ?? 0)
      return { await relay.stop() }
    }
  }

  /// Says that something was built without a network of its own, where it was; once.
  func tellOfBuild() {
    let refusal = known.withLock { known -> String? in
      guard !known.isSaid, let refusal = known.refusal else { return nil }
      known.isSaid = true
      return refusal
    }
    guard let refusal else { return }
    announce("Building with the host's network, since the system gives builds none of their own (\(refusal))")
  }
}

/// What a manifest and its host say of builds.
struct BuildRules: Sendable {
  /// Whether builds must be isolated.
  var permission: BuildPermission
  /// The rule with its place, for people.
  var text: String
  /// How much a build may take.
  var limits: BuildLimits

  /// Reads them off a policy.
  init(_ policy: Policy) {
    permission = policy.builds
    text = policy.text(of: .builds)
    limits = policy.buildLimits
  }

  /// The reason where a build had too little memory, in front of what is shown of its own words; else that alone.
  func cause(_ said: String, shown: String) -> String {
    guard BuildRules.ranOut(said) else { return shown }
    return "it needed more than \(ByteCount.text(limits.mostMemory)), the limit of `policy.buildLimits`\n\(shown)"
  }

  /// What programs say when they are given no more memory: Python, C and C++ programs, compilers, Rust's.
  private static func ranOut(_ said: String) -> Bool {
    [
      "MemoryError", "Cannot allocate memory", "cannot allocate memory", "out of memory", "std::bad_alloc",
      "virtual memory exhausted", "memory allocation of ",
    ].contains(where: said.contains)
  }
}
