/// The keys that readers know, by the names that the published schemas give their parts.
///
/// The one table for both: readers take their keys from here, and a test holds the schemas to it.
enum KnownKeys {
  static let moduleSet = ["apiVersion", "kind", "metadata", "spec"]
  static let metadata = ["name"]
  /// `spec`, and `pinion` in a vCon Server config, which has `name` besides.
  static let spec = [
    "include", "python", "platform", "provided", "base", "pythonPath", "verification", "linking", "blockInstalls",
    "lockfile", "lock", "onFailure", "policy", "indexes", "git", "constraints", "overrides", "onlyUsed", "audit",
    "health", "onChange", "modules",
  ]
  static let health = ["exec", "http", "tcp", "pidFile", "within", "every", "timeout", "successes"]
  static let webProbe = ["url", "status", "contains"]
  static let hook = ["exec", "signal", "pidFile", "systemctl", "unit", "http", "timeout"]
  static let audit = ["database", "ignore"]
  static let auditException = ["id", "reason", "until"]
  static let verification = ["mode", "env", "deadline"]
  static let linking = ["mode", "distributions"]
  static let lock = ["update"]
  static let platform = ["target", "python"]
  static let policy = [
    "pinned", "sources", "impliedPackages", "builds", "excludeNewer", "downgrade", "rewinds", "pth", "collisions",
    "record", "unpacked", "buildLimits",
  ]
  static let ruleByName = ["default", "packages"]
  static let unpacked = ["size", "ratio"]
  static let buildLimits = ["memory", "deadline"]
  static let sources = ["allow", "deny"]
  static let index = ["name", "url", "packages", "username", "password", "passwordFile", "token", "tokenFile"]
  static let git = ["credentials", "tls", "verify"]
  static let gitTLS = ["host", "caFile", "verify"]
  static let gitVerify = ["mode", "keys"]
  static let gitCredential = [
    "host", "path", "token", "tokenFile", "username", "password", "passwordFile", "sshKey", "knownHosts", "passphrase",
    "passphraseFile",
  ]
  static let module = ["module", "pip_name", "expects", "verification", "options"]
  static let hostPolicy = ["apiVersion", "kind", "metadata", "spec"]
  static let hostSpec = ["policy", "keys", "variables", "credentialFiles", "hooks"]
  static let key = ["name", "key", "file"]
  static let grant = ["match", "hosts"]

  /// The parts of `schema/moduleset.v1.json`; the document itself has no name.
  static let moduleSetSchema: [(part: String, keys: [String])] = [
    ("", moduleSet), ("metadata", metadata), ("spec", spec), ("verification", verification), ("linking", linking),
    ("lock", lock),
    ("platform", platform),
    ("policy", policy), ("sources", sources), ("ruleByName", ruleByName), ("unpacked", unpacked),
    ("buildLimits", buildLimits), ("index", index),
    ("git", git), ("gitCredential", gitCredential),
    ("gitTLS", gitTLS), ("gitVerify", gitVerify), ("key", key), ("module", module),
    ("audit", audit), ("auditException", auditException), ("health", health), ("webProbe", webProbe), ("hook", hook),
  ]
  /// The parts of `schema/vcon-server.v1.json`, save for sections, whose entries have keys of the server's besides.
  static let vconServerSchema: [(part: String, keys: [String])] = [("pinion", metadata + spec)]
  /// The parts of `schema/host.v1.json`.
  static let hostSchema: [(part: String, keys: [String])] = [
    ("", hostPolicy), ("metadata", metadata), ("spec", hostSpec), ("policy", policy), ("sources", sources),
    ("ruleByName", ruleByName), ("unpacked", unpacked), ("buildLimits", buildLimits), ("key", key), ("grant", grant),
  ]
}
