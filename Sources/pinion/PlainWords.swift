/// A plain command line, read without the argument parser: that one asks every type for all its options first, which takes longer
/// than what schedulers and CI run thousands of times a day.
struct PlainWords: Equatable {
  var settings = CommonSettings()
  /// Whether the command's one flag is there.
  var hasFlag = false

  /// Reads arguments; nil when one of them is not among the plainest. Whatever is not plain is left to the parser, which has
  /// the words for it.
  init?(_ command: String, flag: String, _ arguments: [String]) {
    guard arguments.first == command else { return nil }
    var rest = arguments.dropFirst()
    while let argument = rest.popFirst() {
      switch argument {
      case flag: hasFlag = true
      case "--quiet": settings.isQuiet = true
      case "--no-color": settings.hasColors = false
      case "-f", "--file":
        guard let value = PlainWords.value(&rest), settings.file == nil else { return nil }
        settings.file = value
      case "--environment":
        guard let value = PlainWords.value(&rest), settings.environment == nil else { return nil }
        settings.environment = value
      case "--state":
        guard let value = PlainWords.value(&rest), settings.state == nil else { return nil }
        settings.state = value
      default: return nil
      }
    }
  }

  private static func value(_ rest: inout ArraySlice<String>) -> String? {
    guard let value = rest.popFirst(), !value.isEmpty, !value.hasPrefix("-") else { return nil }
    return value
  }
}

/// `pinion lock` and `pinion lock --check`, where the command line is plain.
enum PlainLock {
  /// Does it; says whether it did. Throws what the command throws.
  static func run(_ arguments: [String]) async throws -> Bool {
    guard let line = PlainWords("lock", flag: "--check", arguments) else { return false }
    let run = LockRun(isCheck: line.hasFlag)
    try await performOnEnvironments(
      line.settings, network: { NetworkSettings(isOffline: NetworkSettings.isOffline($0)) }
    ) { wiring, environments, services in try await run.run(environments, wiring, services) }
    return true
  }
}
