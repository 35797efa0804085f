internal import Model

/// The options that may stand behind a requirement, and those that pip knows and Pinion does not.
enum PipOptions {
  /// What Pinion understands.
  enum Known: String, CaseIterable {
    case index = "--index-url"
    case extraIndex = "--extra-index-url"
    case findLinks = "--find-links"
    case prereleases = "--pre"
    case noDependencies = "--no-deps"
    case noBinary = "--no-binary"
    case onlyBinary = "--only-binary"
    case hash = "--hash"

    /// By its long, its short or its other name.
    init?(name: String) {
      switch name {
      case "-i", "--pypi-url": self = .index
      case "-f": self = .findLinks
      case "--no-dependencies": self = .noDependencies
      default: self.init(rawValue: name)
      }
    }

    /// Whether a value follows.
    var takesValue: Bool { self != .prereleases && self != .noDependencies }

    /// What a value looks like.
    var example: String {
      switch self {
      case .index, .extraIndex: "\(rawValue) https://host/simple"
      case .findLinks: "\(rawValue) ./wheels"
      case .noBinary, .onlyBinary: "\(rawValue) :all:"
      case .hash: "\(rawValue) sha256:…"
      case .prereleases, .noDependencies: rawValue
      }
    }
  }

  /// Why `-e` is refused; nil for another option.
  static func editable(_ name: String, at offset: Int) -> RequirementParser.Problem? {
    guard name == "-e" || name == "--editable" else { return nil }
    return RequirementParser.Problem(
      message:
        "an editable install is refused: what it runs would change behind the lockfile's and the generations' back",
      offset: offset, hint: "take '\(name)' out; the directory or repository is then built and installed as it is")
  }

  /// What is wrong with an option that Pinion does not understand.
  static func refusal(of name: String, at offset: Int) -> RequirementParser.Problem {
    if let problem = editable(name, at: offset) { return problem }
    let shown = OptionWords.shown(name)
    if let hint = foreign[name] {
      return RequirementParser.Problem(
        message: "pip knows the option '\(shown)', Pinion does not", offset: offset, hint: hint)
    }
    if let ours = ofUv[name] {
      return RequirementParser.Problem(
        message: "uv knows the option '\(shown)', Pinion does not", offset: offset,
        hint: "write '\(ours.example)', as pip has it")
    }
    let known = Known.allCases.map(\.rawValue)
    return RequirementParser.Problem(
      message: "neither pip nor Pinion knows the option '\(shown)'", offset: offset,
      hint: Suggestion.hint(for: name, among: known))
  }

  /// Options that uv calls by other names than pip.
  private static let ofUv: [String: Known] = [
    "--default-index": .index, "--index": .extraIndex, "--prerelease": .prereleases, "--no-build-package": .onlyBinary,
    "--no-build": .onlyBinary, "--no-binary-package": .noBinary,
  ]

  private static let plain = "take it out"
  private static let place = "take it out; an environment stands in Pinion's state directory"
  private static let machine = "take it out; 'spec.python' names the interpreter, and files are chosen to fit it"
  private static let upgrade = "take it out; 'pinion lock --upgrade' moves versions"
  private static let isolated = "take it out; every build is isolated"
  private static let network = "take it out; set HTTPS_PROXY, SSL_CERT_FILE and the like for Pinion itself"

  /// The options of `pip install` and of requirements files that have no meaning here, each with what to do instead.
  /// Source: `pip install --help`, pip 26.
  static let foreign: [String: String] = [
    "--no-index": "take it out; '--index-url' and 'spec.indexes' say where packages come from",
    "--requirement": "take it out; declare each package as a module",
    "-r": "take it out; declare each package as a module",
    "--constraint": "take it out; declare 'spec.constraints'", "-c": "take it out; declare 'spec.constraints'",
    "--build-constraint": plain, "--group": plain, "--requirements-from-script": plain,
    "--require-hashes": "take it out; every file in a lockfile has its hash", "--no-require-hashes": plain,
    "--trusted-host": "take it out; use https with a certificate that the machine trusts, or http on loopback",
    "--prefer-binary": "take it out, or write '--only-binary :all:'",
    "--config-settings": "take it out; set what the build needs in the project's own pyproject.toml",
    "-C": "take it out; set what the build needs in the project's own pyproject.toml",
    "--global-option": "take it out; set what the build needs in the project's own pyproject.toml",
    "--build-option": "take it out; set what the build needs in the project's own pyproject.toml",
    "--install-option": "take it out; set what the build needs in the project's own pyproject.toml",
    "--no-build-isolation": isolated, "--build-isolation": isolated, "--check-build-dependencies": isolated,
    "--use-pep517": isolated, "--no-use-pep517": isolated, "--no-clean": plain, "--src": plain, "--build": plain,
    "-b": plain, "--build-dir": plain,
    "--target": place, "-t": place, "--user": place, "--no-user": place, "--root": place, "--prefix": place,
    "--upgrade": upgrade, "-U": upgrade, "--upgrade-strategy": upgrade,
    "--force-reinstall": "take it out; 'pinion apply' heals what drifted", "--ignore-installed": plain, "-I": plain,
    "--ignore-requires-python": machine, "--platform": machine, "--python-version": machine,
    "--implementation": machine,
    "--abi": machine, "--python": machine,
    "--uploaded-prior-to": "take it out; declare 'spec.policy.excludeNewer'", "--exclude-newer": plain,
    "--proxy": network, "--cert": network, "--client-cert": network, "--timeout": network, "--default-timeout": network,
    "--retries": network, "--keyring-provider": network, "--resume-retries": network,
    "--dry-run": "take it out; 'pinion plan' shows what would change",
    "--report": "take it out; 'pinion plan --format json' says what would change",
    "--compile": plain, "--no-compile": plain, "--no-warn-script-location": plain, "--no-warn-conflicts": plain,
    "--break-system-packages": plain, "--progress-bar": plain, "--root-user-action": plain, "--all-releases": plain,
    "--only-final": plain,
    "--help": plain, "-h": plain, "--debug": plain, "--isolated": plain, "--require-virtualenv": plain,
    "--require-venv": plain,
    "--verbose": plain, "-v": plain, "--version": plain, "-V": plain, "--quiet": plain, "-q": plain, "--log": plain,
    "--log-file": plain, "--local-log": plain, "--no-input": plain, "--exists-action": plain, "--cache-dir": plain,
    "--no-cache-dir": plain, "--disable-pip-version-check": plain, "--no-color": plain,
    "--no-python-version-warning": plain, "--use-feature": plain, "--use-deprecated": plain, "--no-proxy-env": plain,
  ]
}
