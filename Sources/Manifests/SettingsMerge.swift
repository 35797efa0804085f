internal import Model

/// One environment's settings out of its own file, the files that it includes, and the host's file.
///
/// Lists join, the including file's entries first. Of scalars the including file's value holds; where it states none, that
/// of the included file which does. Included files that disagree then are told so. An included file's name and lockfile
/// are not looked at, and defaults are those of the including file's kind.
struct SettingsMerge {
  private(set) var environment: DesiredEnvironment
  private(set) var complaints: [Diagnostic] = []

  init(_ declaration: Declaration, with included: [Declaration], host: HostPolicy?) {
    environment = declaration.environment
    for other in included { join(other.environment) }
    for scalar in Self.scalars(declaration, included) where declaration.settings.stated[scalar.key] == nil {
      take(scalar, from: included)
    }
    var policy = declaration.settings.policy
    pick(\.pinned, "pinned", into: &policy, included)
    pick(\.impliedPackages, "impliedPackages", into: &policy, included)
    pick(\.builds, "builds", into: &policy, included)
    pick(\.buildLimits, "buildLimits", into: &policy, included)
    pick(\.excludeNewer, "excludeNewer", into: &policy, included)
    pick(\.downgrade, "downgrade", into: &policy, included)
    pick(\.rewinds, "rewinds", into: &policy, included)
    pick(\.pth, "pth", into: &policy, included)
    pick(\.collisions, "collisions", into: &policy, included)
    pick(\.record, "record", into: &policy, included)
    pick(\.unpacked, "unpacked", into: &policy, included)
    let merged = Policy.merged(
      policy, kind: environment.kind, alsoSources: included.compactMap(\.settings.policy.sources), host: host)
    environment.policy = merged.policy
    complaints += merged.complaints
  }

  // MARK: lists

  private mutating func join(_ other: DesiredEnvironment) {
    for pattern in other.provided where !environment.provided.contains(pattern) { environment.provided.append(pattern) }
    for path in other.pythonPath where !environment.pythonPath.contains(path) { environment.pythonPath.append(path) }
    environment.constraints += other.constraints
    for override in other.overrides {
      let first = environment.overrides.first {
        $0.requirement.name == override.requirement.name && $0.requirement.marker == override.requirement.marker
      }
      if let first {
        refuse("'\(override.requirement.name)' is overridden twice, first at \(first.location)", at: override.location)
      } else {
        environment.overrides.append(override)
      }
    }
    for exception in other.audit.exceptions {
      if let first = environment.audit.exceptions.first(where: { $0.id == exception.id }) {
        refuse("\(exception.id) is ignored twice, first at \(first.location)", at: exception.location)
      } else {
        environment.audit.exceptions.append(exception)
      }
    }
    environment.onChange += other.onChange
    for index in other.indexes {
      if let first = environment.indexes.first(where: { $0.name == index.name }) {
        let place = first.location.map { ", the first at \($0)" } ?? ""
        refuse("two indexes are called '\(index.name)'\(place)", at: index.location ?? other.location)
      } else {
        environment.indexes.append(index)
      }
    }
    for credential in other.gitCredentials {
      let first = environment.gitCredentials.first {
        $0.host == credential.host && $0.pathPrefix == credential.pathPrefix && $0.isKey == credential.isKey
      }
      if let first {
        refuse("this host and path have a credential already, at \(first.location)", at: credential.location)
      } else {
        environment.gitCredentials.append(credential)
      }
    }
    for tls in other.gitTLS {
      if let first = environment.gitTLS.first(where: { $0.host == tls.host }) {
        refuse("this host has an entry in `git.tls` already, at \(first.location)", at: tls.location)
      } else {
        environment.gitTLS.append(tls)
      }
    }
  }

  private mutating func refuse(_ message: String, at location: SourceLocation) {
    complaints.append(
      Diagnostic(
        .manifestInvalid, message, at: .source(location, excerpt: nil), hint: "remove or rename one of them"))
  }

  // MARK: scalars

  private struct Scalar {
    var key: String
    var text: (DesiredEnvironment) -> String
    var copy: (_ from: DesiredEnvironment, _ to: inout DesiredEnvironment) -> Void
  }

  private static func scalars(_ declaration: Declaration, _ included: [Declaration]) -> [Scalar] {
    let prefix = "verification.env."
    let linking = "linking.distributions."
    let linked = Set(included.flatMap { $0.environment.links.distributions.keys }).sorted()
    let variables = Set(included.flatMap { $0.settings.stated.keys }.filter { $0.hasPrefix(prefix) }).sorted()
    return [
      Scalar(key: "python", text: { $0.python ?? "" }, copy: { $1.python = $0.python }),
      Scalar(
        key: "platform", text: { $0.platform.map { "\($0.name) \($0.python ?? "")" } ?? "" },
        copy: { $1.platform = $0.platform }),
      Scalar(key: "base", text: { $0.base ?? "" }, copy: { $1.base = $0.base }),
      Scalar(
        key: "verification.mode", text: { $0.verification.mode.rawValue },
        copy: { $1.verification.mode = $0.verification.mode }),
      Scalar(
        key: "verification.deadline", text: { "\($0.verification.deadline)" },
        copy: { $1.verification.deadline = $0.verification.deadline }),
      Scalar(key: "linking.mode", text: { $0.links.mode.rawValue }, copy: { $1.links.mode = $0.links.mode }),
      Scalar(
        key: "blockInstalls", text: { "\($0.blockInstalls)" }, copy: { $1.blockInstalls = $0.blockInstalls }),
      Scalar(
        key: "audit.database", text: { $0.audit.database ?? "" }, copy: { $1.audit.database = $0.audit.database }),
      Scalar(key: "onlyUsed", text: { "\($0.onlyUsed)" }, copy: { $1.onlyUsed = $0.onlyUsed }),
      Scalar(
        key: "lock.update", text: { $0.lockUpdate.rawValue }, copy: { $1.lockUpdate = $0.lockUpdate }),
      Scalar(key: "onFailure", text: { $0.onFailure?.rawValue ?? "" }, copy: { $1.onFailure = $0.onFailure }),
      Scalar(key: "health", text: { $0.health?.summary ?? "" }, copy: { $1.health = $0.health }),
      Scalar(
        key: "git.verify",
        text: { "\($0.signatures.mode.rawValue) \($0.signatures.keys.map { "\($0.source)" })" },
        copy: { $1.signatures = $0.signatures }),
    ]
      + linked.map { name in
        Scalar(
          key: linking + name.text, text: { $0.links.distributions[name]?.rawValue ?? "" },
          copy: { $1.links.distributions[name] = $0.links.distributions[name] })
      }
      + variables.map { key in
        let name = String(key.dropFirst(prefix.count))
        return Scalar(
          key: key, text: { $0.verification.env[name] ?? "" },
          copy: { $1.verification.env[name] = $0.verification.env[name] })
      }
  }

  private mutating func take(_ scalar: Scalar, from included: [Declaration]) {
    let stating = included.compactMap { other in other.settings.stated[scalar.key].map { (other.environment, $0) } }
    guard let (first, place) = stating.first else { return }
    scalar.copy(first, &environment)
    for (other, otherPlace) in stating.dropFirst() where scalar.text(other) != scalar.text(first) {
      disagree(scalar.key, place, otherPlace)
    }
  }

  private mutating func pick<Value>(
    _ rule: WritableKeyPath<PolicyDeclaration, PolicyDeclaration.Stated<Value>?>, _ name: String,
    into policy: inout PolicyDeclaration, _ included: [Declaration]
  ) {
    guard policy[keyPath: rule] == nil else { return }
    let stating = included.compactMap { $0.settings.policy[keyPath: rule] }
    guard let first = stating.first else { return }
    policy[keyPath: rule] = first
    for other in stating.dropFirst() where other.value != first.value {
      disagree("policy.\(name)", first.location, other.location)
    }
  }

  private mutating func disagree(_ key: String, _ first: SourceLocation, _ second: SourceLocation) {
    complaints.append(
      Diagnostic(
        .manifestInvalid, "two included files disagree about `\(key)`: the other value stands at \(first)",
        at: .source(second, excerpt: nil), hint: "state `\(key)` in the including file, whose value holds"))
  }
}

extension GitCredential {
  /// Whether it is for ssh. A host may have one of each.
  var isKey: Bool { if case .sshKey = kind { true } else { false } }
}
