internal import Installation
internal import Model
internal import Platform

/// A digest over what shapes a generation besides its lockfile: a change of it needs a new generation.
enum SettingsDigest {
  static func of(_ environment: DesiredEnvironment, baseSites: [String]) throws(Failure) -> String {
    var lines = [
      "python \(environment.python ?? "-")", "base \(environment.base ?? "-")", "block \(environment.blockInstalls)",
      "verification \(text(environment.verification))",
    ]
    if environment.links != LinkSettings() {
      let single = environment.links.distributions.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.rawValue)" }
      lines.append("linking \(environment.links.mode.rawValue) \(single.joined(separator: " "))")
    }
    lines += environment.pythonPath.map { "path \($0)" }
    for module in environment.modules.sorted(by: { $0.label < $1.label }) {
      let verification = module.verification.map(text) ?? "-"
      lines.append("module \(module.label) \(verification) \(module.expects.joined(separator: ","))")
    }
    // A rule that changed is held against what is installed already.
    lines.append("policy \(text(environment.policy))")
    // So are signatures.
    if environment.signatures.mode != .none {
      lines.append(
        "signatures \(environment.signatures.mode.rawValue) \(environment.signatures.keys.map { "\($0.source)" })")
    }
    // What is installed in the base shows in the names of its site directories; no interpreter has to be asked.
    for site in baseSites {
      let names = try Files.list(site).filter {
        $0 != Attachment.fileName
          && [".dist-info", ".egg-info", ".pth", ".egg-link"].contains(where: $0.hasSuffix)
      }
      lines.append("site \(site) \(names.joined(separator: " "))")
    }
    return "sha256:" + Digest.sha256(lines.joined(separator: "\n"))
  }

  private static func text(_ policy: Policy) -> String {
    let patterns = policy.sources.layers.map { layer in
      "\(layer.allow.map(\.text)) \(layer.deny.map(\.text))"
    }
    let limit = policy.excludeNewer.map { "\($0.moment ?? 0) \($0.age ?? 0)" } ?? "-"
    return "\(policy.pinned.rawValue) \(policy.builds.rawValue) \(policy.downgrade.rawValue) "
      + "\(policy.impliedPackages.rawValue) \(limit) \(patterns) \(policy.pth.rawValue) \(policy.collisions) "
      + "\(policy.record) \(policy.unpacked)"
  }

  private static func text(_ verification: Verification) -> String {
    let variables = verification.env.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    return "\(verification.mode.rawValue) \(verification.deadline) \(variables)"
  }
}
