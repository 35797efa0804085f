internal import Model

/// What a requirement is read with, beside its text.
struct RequirementContext {
  /// Where relative paths start: the manifest's directory, absolute.
  var directory: String
  /// Gives a URL its user info back: the one that was taken out of the text there, or one that a variable brought along.
  var userInfo: (URLReader.Result) -> UserInfo?
}

/// Reads what `pip_name` says, expanded and without the user info of its URLs.
struct RequirementReader {
  typealias Problem = RequirementParser.Problem

  /// What the text says.
  private(set) var requirement: Requirement

  static let understood =
    "what is understood: name==1.2.3, name[extra]>=1,<2, git+https://host/repo.git@reference, "
    + "https://host/name-1.0.tar.gz, ./path"

  /// Throws what is wrong, with the place in the text.
  init(_ text: String, _ context: RequirementContext) throws(Problem) {
    if Self.isPlain(text) {
      requirement = Self.index(try Self.parse(text))
      return
    }
    let (body, words) = OptionWords.split(text)
    let start = body.prefix(while: \.isWhitespace).count
    let trimmed = body.dropFirst(start)
    try Self.refuse(trimmed, at: start)
    let direct = DirectReader(context: context)
    if PathForm.isPath(trimmed) {
      requirement = try direct.path(trimmed, at: start)
    } else if Self.isURL(trimmed) {
      // A bare URL is a requirement without its name: one grammar reads both, markers included.
      let prefix = "name @ "
      let parsed = try Self.shifting(by: start - prefix.count) { () throws(Problem) in
        try Self.parse(prefix + trimmed)
      }
      requirement = try direct.url(
        parsed.url ?? "", at: start, DirectReader.Head(marker: parsed.marker))
    } else {
      let parsed = try Self.parse(String(body))
      if let url = parsed.url {
        let head = DirectReader.Head(name: parsed.name, extras: parsed.extras, marker: parsed.marker)
        requirement = try direct.url(url, at: parsed.urlOffset, head)
      } else {
        requirement = Self.index(parsed)
      }
    }
    guard !words.isEmpty else { return }
    var options = OptionsReader(context: context)
    requirement = try options.read(words, for: requirement)
  }

  /// Whether the text can only be a name with extras and versions, as most are: one look at its bytes spares all others.
  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-") else { return false }
    var afterSpace = false
    var hasPoint = false
    var hasOperator = false
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "!"), UInt8(ascii: "~"),
        UInt8(ascii: ","), UInt8(ascii: "*"):
        afterSpace = false
      case UInt8(ascii: "."):
        afterSpace = false
        hasPoint = true
      case UInt8(ascii: "="), UInt8(ascii: "<"), UInt8(ascii: ">"):
        afterSpace = false
        hasOperator = true
      case UInt8(ascii: "-") where !afterSpace: break
      case UInt8(ascii: " "): afterSpace = true
      default: return false
      }
    }
    // Without a point it is no file's name, and with a comparison neither.
    return !hasPoint || hasOperator || !PathForm.isPath(text[...])
  }

  private static func index(_ parsed: RequirementParser.Parsed) -> Requirement {
    .index(
      IndexRequirement(
        name: parsed.name, extras: parsed.extras, specifiers: parsed.specifiers, marker: parsed.marker))
  }

  private static func parse(_ text: String) throws(Problem) -> RequirementParser.Parsed {
    do throws(Problem) {
      return try RequirementParser.parse(text)
    } catch {
      guard error.message.hasPrefix("nothing but a marker"), error.message.hasSuffix("the URL") else { throw error }
      // What follows the URL belongs to it, were it not for the space.
      let before = text.prefix(error.offset)
      let word = before.split(whereSeparator: \.isWhitespace).last ?? ""
      let wordOffset = word.startIndex == word.endIndex ? 0 : text.distance(from: text.startIndex, to: word.startIndex)
      if let semicolon = word.lastIndex(of: ";") {
        throw DirectReader.unspaced(at: wordOffset + word.distance(from: word.startIndex, to: semicolon))
      }
      if text.dropFirst(error.offset).hasPrefix("@") {
        throw Problem(
          message: "a space stands in front of the '@'", offset: error.offset, hint: "write it right behind the URL")
      }
      // A range with spaces looks like the end of the URL.
      guard text.lowercased().contains("@semver:") else { throw error }
      throw Problem(
        message: "a range over tags has no spaces in it", offset: error.offset, hint: "write '@semver:>=1.2,<2'")
    }
  }

  static func isURL(_ text: Substring) -> Bool {
    if text.lowercased().hasPrefix("git+") || text.lowercased().hasPrefix("file:") { return true }
    let scheme = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
    return !scheme.isEmpty && text[scheme.endIndex...].hasPrefix("://")
  }

  /// Forms that begin like nothing else and are not understood. A complaint shows no URL and no option's value.
  private static func refuse(_ text: Substring, at offset: Int) throws(Problem) {
    let word = text.prefix { !$0.isWhitespace }
    try DirectReader.refuseSlashes(in: word, at: offset)
    if let name = OptionWords.name(of: word) {
      if let problem = PipOptions.editable(name, at: offset) { throw problem }
      if PipOptions.foreign[name] != nil { throw PipOptions.refusal(of: name, at: offset) }
      throw Problem(
        message: "a requirement must begin with the package's name: '\(OptionWords.shown(name))' is an option",
        offset: offset, hint: "write options behind the requirement, as in 'my-package --pre'")
    }
    if word.hasPrefix("~") {
      throw Problem(
        message: "'~' is not expanded", offset: offset, hint: "write the path in full, or '${HOME}/…'")
    }
    let isDrive = word.dropFirst().hasPrefix(":\\") || word.dropFirst().hasPrefix(":/") && !word.hasPrefix(":")
    if word.hasPrefix("\\") || word.hasPrefix(".\\") || word.hasPrefix("..\\") || isDrive {
      throw Problem(
        message: "this is a path as Windows writes it", offset: offset, hint: "write '/' between directories")
    }
    guard !isURL(text), let colon = word.firstIndex(of: ":"), let at = word.firstIndex(of: "@"), at < colon else {
      return
    }
    // `git@host:organisation/repo.git`, as git itself writes it. In `name@https://host` the URL is one.
    guard !word[word.index(after: at)...].contains("://"), !word[word.index(after: at)...].hasPrefix("file:") else {
      return
    }
    throw Problem(
      message: "the URL of a git repository begins with 'git+'", offset: offset,
      hint: "put 'git+' in front of it")
  }

  static func shifting<Value>(
    by distance: Int, _ body: () throws(Problem) -> Value
  ) throws(Problem) -> Value {
    do throws(Problem) {
      return try body()
    } catch {
      throw Problem(message: error.message, offset: max(0, error.offset + distance), hint: error.hint)
    }
  }
}
