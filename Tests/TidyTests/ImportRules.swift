/// Which target may import what. The reasons are in docs/architecture.md and docs/decisions/0001.
enum ImportRules {
  /// For each target, the targets of ours that it may import; C modules among them, each beside its one wrapper.
  static let ours: [String: Set<String>] = [
    "Model": [],
    "Platform": ["Model", "CPlatform"],
    "Network": ["Model", "Platform"],
    "Manifests": ["Model", "Platform", "CYaml"],
    "GitWire": [],
    "Git": ["Model", "Platform", "GitWire"],
    "pinion-git": ["GitWire", "CGit2", "CSSH2"],
    "Resolution": ["Model", "Platform", "Network", "CTOML"],
    "Installation": ["Model", "Platform", "CDeflate"],
    "Reconciliation": ["Model", "Platform", "Network", "Manifests", "Git", "Resolution", "Installation"],
    "pinion": [
      "Model", "Platform", "Network", "Manifests", "Git", "Resolution", "Installation", "Reconciliation",
    ],
  ]

  /// For each target, the modules of other packages that it may import.
  static let others: [String: Set<String>] = [
    "Model": ["Crypto"],
    "Platform": ["Subprocess", "SystemPackage"],
    "Network": ["AsyncHTTPClient", "NIOCore", "NIOPosix", "NIOHTTP1", "NIOHTTPCompression", "NIOSSL"],
    "Resolution": ["Hummingbird", "HTTPTypes", "Logging", "NIOCore", "ServiceLifecycle"],
    "Installation": ["Crypto"],
    "pinion": ["ArgumentParser"],
  ]

  /// What comes with the toolchain and costs nothing at start-up.
  static let system: Set = ["Glibc", "Musl", "FoundationEssentials", "Synchronization"]

  /// The imports of a file that its target may not have.
  static func violations(_ file: SourceFile) -> [Violation] {
    guard file.isSwift, let target = file.target else { return [] }
    guard let ours = ours[target] else {
      return [
        Violation(path: file.path, line: 1, rule: "the target \(target) has no import rules: add it to ImportRules")
      ]
    }
    let allowed = ours.union(others[target] ?? []).union(system)
    return file.imports.filter { !allowed.contains($0.module) }.map { found in
      Violation(path: file.path, line: found.line, rule: "\(target) may not import \(found.module)")
    }
  }

  /// The dependencies that Package.swift gives to targets of ours and that the rules do not.
  static func violations(package: SourceFile) -> [Violation] {
    let text = package.lines.joined(separator: "\n")
    let declaration = /\.(?:target|executableTarget)\(\s*name: "([\w-]+)",\s*dependencies: \[((?:[^\[\]])*)\]/
    let plain = /"([\w-]+)"/
    var found: [Violation] = []
    for match in text.matches(of: declaration) {
      let target = String(match.1)
      guard let allowed = ours[target] else { continue }
      // Products of other packages stand in `.product(…)`.
      let own = String(match.2).replacing(/\.product\([^)]*\)/, with: "")
      let line = text[..<match.range.lowerBound].count { $0 == "\n" } + 1
      for name in own.matches(of: plain).map({ String($0.1) }) where !allowed.contains(name) {
        found.append(Violation(path: package.path, line: line, rule: "\(target) may not depend on \(name)"))
      }
    }
    return found
  }
}
