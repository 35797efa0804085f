internal import ArgumentParser
internal import Git
internal import Installation
internal import Manifests
internal import Model
internal import Platform
internal import Resolution

/// `pinion diff`
struct DiffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", _superCommandName: "pinion",
    abstract: "Show what tells one lockfile from another.",
    discussion: """
      Each side is a lockfile, a generation's number, or a revision of the lockfile in git (HEAD~1, main, v1.2, or \
      REVISION:PATH for a file that has moved). Left out, the second is the lockfile as it is, and the first is HEAD.
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var network: NetworkOptions

  @Argument(help: ArgumentHelp("The lockfile to start from; default: HEAD.", valueName: "a"))
  var from: String?

  @Argument(help: ArgumentHelp("The lockfile to compare it with; default: the one on disk.", valueName: "b"))
  var to: String?

  func run() async throws {
    try await perform(common, formats: [.text, .json, .markdown]) { wiring in
      let client = wiring.gitClient(try network.settings(wiring.variables))
      defer { client.shutdown() }
      let sides = LockfileSides(wiring: wiring, git: client)
      let sections = try await sides.compare(from ?? "HEAD", to)
      let document = DifferenceJSON(environments: sections.map(DifferenceJSON.Environment.init))
      switch common.format {
      case .json: wiring.console.result(try JSONText.encode(document))
      case .markdown: wiring.console.result(DifferenceMarkdown.render(sections))
      default:
        wiring.console.result(
          sections.map { DifferenceText.render($0, style: wiring.console.style) }.joined(separator: "\n"))
      }
    }
  }
}

extension Wiring {
  /// Reads the lockfile of an environment. Throws `lockMissing` where there is none.
  func lockfile(_ path: String, of name: String) throws(Failure) -> Lockfile {
    guard Files.exists(path) else {
      throw Failure(
        .lockMissing, "there is no lockfile for the environment \(name)", at: .path(path), hint: "make it: pinion lock")
    }
    return try LockfileCodec.decode(String(decoding: Files.read(path), as: UTF8.self), path: path)
  }
}

/// Two lockfiles of one environment, compared.
struct ComparedLockfiles: Sendable {
  /// The environment, or, where none was asked, the second file.
  var title: String
  /// What the two are, as they were named.
  var from: String
  var to: String
  /// What tells them apart.
  var difference: LockfileDifference
}

/// The lockfiles that the operands of `diff` name.
struct LockfileSides: Sendable {
  var wiring: Wiring
  var git: GitClient

  /// Compares for every environment that is declared; two files need none.
  func compare(_ first: String, _ second: String?) async throws -> [ComparedLockfiles] {
    if let second, let old = file(first), let new = file(second) {
      let difference = LockfileDifference(from: try read(old), to: try read(new))
      return [ComparedLockfiles(title: wiring.shown(new), from: first, to: second, difference: difference)]
    }
    var compared: [ComparedLockfiles] = []
    for environment in try wiring.manifests().environments {
      let old = try await lockfile(first, of: environment)
      let new: Lockfile?
      if let second {
        new = try await lockfile(second, of: environment)
      } else {
        new = try wiring.lockfile(environment.lockfile, of: environment.name)
      }
      compared.append(
        ComparedLockfiles(
          title: environment.name, from: first, to: second ?? wiring.shown(environment.lockfile),
          difference: LockfileDifference(from: old, to: new)))
    }
    return compared
  }

  private func file(_ operand: String) -> String? {
    let path = operand.absolutePath(from: wiring.workingDirectory)
    return Files.exists(path) && !Files.isDirectory(path) ? path : nil
  }

  private func read(_ path: String) throws(Failure) -> Lockfile {
    try LockfileCodec.decode(String(decoding: Files.read(path), as: UTF8.self), path: path)
  }

  private func lockfile(_ operand: String, of environment: DesiredEnvironment) async throws -> Lockfile {
    if let path = file(operand) { return try read(path) }
    if let number = Int(operand), number > 0 {
      let generations = Generations(state: wiring.state, environment: environment.name)
      let path = "\(generations.path(number))/pylock.toml"
      guard Files.exists(path) else {
        throw Failure(
          .generationAbsent, "the environment \(environment.name) has no generation \(number)",
          at: .path(wiring.state.environment(environment.name)),
          hint: "which there are shows: pinion history")
      }
      // What is local in it was written for where the lockfile stands.
      return try LockfileCodec.decode(String(decoding: Files.read(path), as: UTF8.self), path: environment.lockfile)
    }
    let halves = operand.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let path = halves.count == 2 ? halves[1].absolutePath(from: wiring.workingDirectory) : environment.lockfile
    return try LockfileCodec.decode(try await git.file(path, at: halves[0]), path: path)
  }
}
