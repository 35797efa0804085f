internal import Model

/// The options that may stand once in a command line: the parser would take the last, and say nothing of the others.
enum GivenOnce {
  /// What is wrong with them in arguments, those behind a `--` left out; nil when nothing is.
  static func misuse(of arguments: ArraySlice<String>) -> Failure? {
    let files = values(of: ["-f", "--file"], in: arguments)
    if files.count > 1 {
      return Failure(
        .usage, "-f is given \(files.count) times, and takes one file or directory",
        hint: "name a directory of manifests, or a manifest that lists the others under spec.include")
    }
    if files.contains("") {
      return Failure(
        .usage, "-f names nothing",
        hint: "name a file or a directory, or leave -f out for pinion.yaml, config.yml or manifests/ here")
    }
    let environments = values(of: ["--environment"], in: arguments)
    guard environments.count > 1 || environments.contains("") else { return nil }
    return Failure(
      .usage,
      environments.count > 1
        ? "--environment is given \(environments.count) times, and picks one" : "--environment names nothing",
      hint: "run once for each, or leave --environment out for all of them")
  }

  /// The values of an option, written with a space or with `=`. One that misses its value is left to the parser.
  private static func values(of names: [String], in arguments: ArraySlice<String>) -> [String] {
    var values: [String] = []
    for index in arguments.indices {
      if names.contains(arguments[index]), index + 1 < arguments.endIndex {
        values.append(arguments[index + 1])
      } else if let name = names.first(where: { $0.hasPrefix("--") && arguments[index].hasPrefix("\($0)=") }) {
        values.append(String(arguments[index].dropFirst(name.count + 1)))
      }
    }
    return values
  }
}
