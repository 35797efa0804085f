import Model
import Testing

@Suite struct PolicyMergingTests {
  private static func at(_ file: String) -> Model.SourceLocation { SourceLocation(file: file, line: 1, column: 1) }

  /// Every way in which one file may state the rules of one value; `limits` and `sources` stand for many.
  private static func declarations(_ file: String) -> [PolicyDeclaration] {
    var all: [PolicyDeclaration] = []
    func add(_ change: (inout PolicyDeclaration) -> Void) {
      var declaration = PolicyDeclaration()
      change(&declaration)
      all.append(declaration)
    }
    add { _ in }
    for level in PinnedLevel.allCases { add { $0.pinned = .init(level, at: at(file)) } }
    for level in PolicyLevel.allCases {
      add { $0.impliedPackages = .init(level, at: at(file)) }
      add { $0.rewinds = .init(level, at: at(file)) }
      add { $0.pth = .init(level, at: at(file)) }
    }
    for rule in rules {
      add { $0.collisions = .init(rule, at: at(file)) }
      add { $0.record = .init(rule, at: at(file)) }
    }
    for limits in [
      UnpackLimits(size: 1 << 20), UnpackLimits(size: 1 << 40), UnpackLimits(ratio: 10), UnpackLimits(ratio: 1000),
      UnpackLimits(size: 16 << 30, ratio: 100),
    ] {
      add { $0.unpacked = .init(limits, at: at(file)) }
    }
    for value in BuildPermission.allCases { add { $0.builds = .init(value, at: at(file)) } }
    for limits in [
      BuildLimits(memory: 1 << 20), BuildLimits(memory: 1 << 40), BuildLimits(deadline: 60),
      BuildLimits(memory: 8 << 30, deadline: 7_200),
    ] {
      add { $0.buildLimits = .init(limits, at: at(file)) }
    }
    for value in Permission.allCases {
      add { $0.downgrade = .init(value, at: at(file)) }
    }
    for limit in [
      ExcludeNewer(age: 86_400), ExcludeNewer(age: 7 * 86_400), ExcludeNewer(moment: 1_700_000_000),
      ExcludeNewer(moment: 1_800_000_000), ExcludeNewer(moment: 1_750_000_000, age: 3 * 86_400),
    ] {
      add { $0.excludeNewer = .init(limit, at: at(file)) }
    }
    for patterns in [["a-*"], ["*-b", "https://one.example.com/*"], ["git+https://two.example.com/*"]] {
      let list = patterns.map { SourcePattern($0) }
      add { $0.sources = .init(.init(allow: list), at: at(file)) }
      add { $0.sources = .init(.init(deny: list), at: at(file)) }
    }
    return all
  }

  private static let names = ["a-b", "a-c", "x-b", "x"].compactMap { PackageName($0) }
  private static var rules: [RuleByName] {
    let levels: [BreachLevel?] = [nil, .warn, .error]
    return levels.flatMap { standard in
      levels.map { level in RuleByName(standard, named: level.map { [names[0]: $0] } ?? [:]) }
    }.filter { $0 != RuleByName() }
  }
  private static let urls = ["https://one.example.com/p", "https://two.example.com/p", "https://three.example.com/p"]

  /// What a policy lets through, as numbers: none may be larger after merging.
  private static func looseness(_ policy: Policy) -> [Int] {
    [
      -(PinnedLevel.allCases.firstIndex(of: policy.pinned) ?? 0),
      -(PolicyLevel.allCases.firstIndex(of: policy.impliedPackages) ?? 0),
      -(BuildPermission.allCases.firstIndex(of: policy.builds) ?? 0),
      -(Permission.allCases.firstIndex(of: policy.downgrade) ?? 0),
      -(PolicyLevel.allCases.firstIndex(of: policy.rewinds) ?? 0),
      -(PolicyLevel.allCases.firstIndex(of: policy.pth) ?? 0),
      policy.collisions.level(of: names[0]) == .warn ? 1 : 0, policy.collisions.level(of: names[1]) == .warn ? 1 : 0,
      policy.record.level(of: names[0]) == .warn ? 1 : 0, policy.record.level(of: names[1]) == .warn ? 1 : 0,
      policy.unpacked.largestSize, policy.unpacked.largestRatio, policy.buildLimits.mostMemory,
      policy.buildLimits.longest,
    ] + [1_600_000_000, 1_760_000_000, 1_900_000_000].map { policy.excludeNewer?.cutoff(now: $0) ?? .max }
      + names.map { policy.sources.refusal(of: $0) == nil ? 1 : 0 }
      + urls.flatMap { url in
        [true, false].map { policy.sources.refusal(of: url, isGit: $0) == nil ? 1 : 0 }
      }
  }

  /// For every host file, every manifest and every included file: the result is as strict as each of them.
  @Test func mergingNeverLoosens() {
    let hosts = Self.declarations("host.yaml").map { declaration in
      var host = HostPolicy(file: "host.yaml")
      host.policy = declaration
      return host
    }
    for kind in [DesiredEnvironment.Kind.moduleSet, .vconServer] {
      for host in hosts {
        // Its rules as if a manifest had stated them.
        let demanded = Self.looseness(Policy.merged(host.policy, kind: kind, host: nil).policy)
        for stated in Self.declarations("m.yaml") {
          let own = Self.looseness(Policy.merged(stated, kind: kind, host: nil).policy)
          let merged = Policy.merged(stated, kind: kind, host: host)
          let both = Self.looseness(merged.policy)
          for (index, value) in both.enumerated() {
            #expect(value <= own[index], "\(stated) with \(host)")
            if Self.isStated(index, by: host.policy) {
              #expect(value <= demanded[index], "\(stated) with \(host)")
            }
          }
        }
      }
    }
  }

  private static func isStated(_ index: Int, by host: PolicyDeclaration) -> Bool {
    switch index {
    case 0: host.pinned != nil
    case 1: host.impliedPackages != nil
    case 2: host.builds != nil
    case 3: host.downgrade != nil
    case 4: host.rewinds != nil
    case 5: host.pth != nil
    case 6: host.collisions?.value.named[names[0]] != nil || host.collisions?.value.standard != nil
    case 7: host.collisions?.value.standard != nil
    case 8: host.record?.value.named[names[0]] != nil || host.record?.value.standard != nil
    case 9: host.record?.value.standard != nil
    case 10: host.unpacked?.value.size != nil
    case 11: host.unpacked?.value.ratio != nil
    case 12: host.buildLimits?.value.memory != nil
    case 13: host.buildLimits?.value.deadline != nil
    case 14...16: host.excludeNewer != nil
    default: host.sources != nil
    }
  }

  /// Which statements are complained of, and which rule holds.
  @Test(arguments: [
    (PinnedLevel.off, PinnedLevel.warn, true), (.warn, .warn, false), (.require, .warn, false), (.off, .off, false),
  ])
  func loosenedRulesAreErrors(stated: PinnedLevel, hostLevel: PinnedLevel, isError: Bool) {
    var declaration = PolicyDeclaration()
    declaration.pinned = .init(stated, at: Self.at("m.yaml"))
    var host = HostPolicy(file: "host.yaml")
    host.policy.pinned = .init(hostLevel, at: Self.at("host.yaml"))
    let merged = Policy.merged(declaration, kind: .moduleSet, host: host)
    #expect(merged.complaints.isEmpty == !isError)
    #expect(merged.complaints.allSatisfy { $0.severity == .error && $0.code == .policyDenied })
    #expect(merged.policy.places[.pinned]?.file == (isError ? "host.yaml" : "m.yaml"))
  }

  /// A single distribution may be stricter or looser than the others, and never looser than the host says.
  @Test(arguments: [
    // stated, host, whether it is an error, the level of a-b, that of all others
    ("{packages: {a-b: warn}}", "error", true, BreachLevel.error, BreachLevel.error),
    ("{packages: {a-b: warn}}", "{default: error, packages: {a-b: warn}}", false, .warn, .error),
    ("warn", "{packages: {a-b: error}}", true, .error, .warn), ("warn", "warn", false, .warn, .warn),
    ("error", "warn", false, .error, .error), ("{packages: {a-b: warn}}", "warn", false, .warn, .error),
    ("", "warn", false, .error, .error), ("", "{packages: {a-b: warn}}", false, .error, .error),
  ])
  func rulesByName(stated: String, host: String, isError: Bool, first: BreachLevel, others: BreachLevel) {
    let all = Dictionary(uniqueKeysWithValues: Self.rules.map { ($0.description, $0) })
    var declaration = PolicyDeclaration()
    declaration.record = all[stated].map { .init($0, at: Self.at("m.yaml")) }
    var file = HostPolicy(file: "host.yaml")
    file.policy.record = all[host].map { .init($0, at: Self.at("host.yaml")) }
    #expect(file.policy.record != nil && (declaration.record != nil || stated.isEmpty))
    let merged = Policy.merged(declaration, kind: .moduleSet, host: file)
    #expect(merged.complaints.isEmpty == !isError)
    #expect(merged.policy.record.level(of: Self.names[0]) == first)
    #expect(merged.policy.record.level(of: Self.names[1]) == others)
  }

  @Test func sizesAreWrittenAsTheyAreRead() {
    for (text, size) in [("8GiB", 8 << 30), ("1TiB", 1 << 40), ("512MiB", 512 << 20), ("3KiB", 3 << 10), ("7B", 7)] {
      #expect(ByteCount.bytes(text) == size && ByteCount.text(size) == text)
    }
    for text in ["", "8", "GiB", "8GB", "-1B", "1.5GiB", "9999999999B", "8 GiB"] {
      #expect(ByteCount.bytes(text) == nil)
    }
  }

  /// A refusal names the file whose rules refuse.
  @Test func eachLayerOfSourcesKeepsItsPlace() throws {
    var declaration = PolicyDeclaration()
    declaration.sources = .init(.init(allow: [SourcePattern("other-*")]), at: Self.at("m.yaml"))
    var host = HostPolicy(file: "host.yaml")
    host.policy.sources = .init(.init(deny: [SourcePattern("zzz")]), at: Self.at("host.yaml"))
    var environment = DesiredEnvironment(
      name: "e", kind: .moduleSet, location: Self.at("m.yaml"), directory: "/srv/app")
    environment.policy = Policy.merged(declaration, kind: .moduleSet, host: host).policy
    environment.modules = ["alpha", "zzz"].map { name in
      Module(
        name: name, section: .links, importPath: name,
        requirement: .requirement(.index(IndexRequirement(name: Fixture.name(name)))), location: Self.at("m.yaml"))
    }
    #expect(
      environment.policy.breaches(of: environment).map(\.cause) == [
        "the rule is `policy.sources` at m.yaml:1:1", "the rule is `policy.sources` at host.yaml:1:1",
      ])
  }

  @Test(arguments: [("m.yaml", 1_000, 2_000), ("host.yaml", 2_000, 1_000)])
  func theStricterDateNamesItsPlace(file: String, stated: Int, demanded: Int) {
    var declaration = PolicyDeclaration()
    declaration.excludeNewer = .init(ExcludeNewer(moment: stated, written: "stated"), at: Self.at("m.yaml"))
    var host = HostPolicy(file: "host.yaml")
    host.policy.excludeNewer = .init(ExcludeNewer(moment: demanded, written: "demanded"), at: Self.at("host.yaml"))
    let policy = Policy.merged(declaration, kind: .moduleSet, host: host).policy
    #expect(policy.places[.excludeNewer]?.file == file)
    #expect(policy.excludeNewer?.description == (file == "m.yaml" ? "stated" : "demanded"))
  }

  @Test func agesAndDatesBothHold() {
    var declaration = PolicyDeclaration()
    declaration.excludeNewer = .init(ExcludeNewer(moment: 1_000), at: Self.at("m.yaml"))
    var host = HostPolicy(file: "host.yaml")
    host.policy.excludeNewer = .init(ExcludeNewer(age: 100), at: Self.at("host.yaml"))
    let merged = Policy.merged(declaration, kind: .moduleSet, host: host)
    #expect(merged.complaints.isEmpty)
    #expect(merged.policy.excludeNewer?.cutoff(now: 500) == 400)
    #expect(merged.policy.excludeNewer?.cutoff(now: 5_000) == 1_000)
    #expect(merged.policy.excludeNewer?.description == "1970-01-01T00:16:40Z and 1m40s")
  }
}
