/// Makes requirements up: most of them right, some with a slip in them. The same seed gives the same texts.
struct RequirementGenerator {
  private var random: FixedRandom

  init(seed: UInt64) {
    random = FixedRandom(seed: seed)
  }

  /// The next text.
  mutating func next() -> String {
    var text = name() + (chance(30) ? space() + extras() : "")
    if chance(12) {
      text += space() + "@" + space() + url()
      if chance(50) { text += " ;" + space() + marker(depth: 0) }
    } else {
      text += space() + specifiers()
      if chance(40) { text += space() + ";" + space() + marker(depth: 0) }
    }
    if chance(5) { text = " " + text }
    if chance(5) { text += " " }
    return chance(25) ? slipped(text) : text
  }

  // MARK: parts

  private mutating func name() -> String {
    var text = pick(["requests", "My.Pkg", "a", "x_y", "zope.interface", "A--b", "py3", "3to2", "name"])
    if chance(20) { text += pick(["-", "_", ".", "-_", ""]) + pick(["x", "1", "Core", "v2"]) }
    return text
  }

  private mutating func extras() -> String {
    let names = (0..<below(4)).map { _ in
      space() + pick(["socks", "foo-bar", "Foo_Bar", "a", "test.x", "9"]) + space()
    }
    return "[" + (names.isEmpty ? space() : names.joined(separator: ",")) + "]"
  }

  private mutating func url() -> String {
    pick([
      "https://example.com/x-1.0.tar.gz", "file:///srv/x.whl", "git+https://example.com/r.git@v1#subdirectory=a",
      "https://example.com/x;y", "./relative", "https://u:p@example.com:8080/a?b=c#d", "x", "a,b", "[x]",
    ])
  }

  private mutating func specifiers() -> String {
    guard chance(85) else { return "" }
    let list = (0..<(1 + below(3))).map { _ in specifier() }.joined(separator: space() + "," + space())
    switch below(10) {
    case 0: return "(" + space() + list + space() + ")"
    case 1: return list + ","
    default: return list
    }
  }

  private mutating func specifier() -> String {
    let symbol = pick([">=", "<=", "==", "!=", "~=", "<", ">", "==="])
    return symbol + space() + version() + ((symbol == "==" || symbol == "!=") && chance(20) ? ".*" : "")
  }

  private mutating func version() -> String {
    var text = chance(8) ? pick(["1!", "0!", "2!"]) : ""
    if chance(6) { text += pick(["v", "V"]) }
    text += (0..<(1 + below(4))).map { _ in pick(["0", "1", "2", "3", "9", "10", "11", "007", "2024"]) }
      .joined(separator: ".")
    if chance(15) {
      text += pick(["a1", "b2", "rc1", ".dev3", "-alpha", "_beta.2", "c1", ".RC.1", "pre4", "preview", "-a-1", ".dev"])
    }
    if chance(10) { text += pick([".post1", "-1", "post", ".rev2", "r3", "_post_4"]) }
    if chance(8) { text += pick([".dev1", "dev", "-dev-2"]) }
    if chance(8) { text += pick(["+local", "+ubuntu.1", "+1.a_b-c"]) }
    return text
  }

  private mutating func marker(depth: Int) -> String {
    switch below(depth > 2 ? 6 : 10) {
    case 6, 7: return marker(depth: depth + 1) + " and " + marker(depth: depth + 1)
    case 8: return marker(depth: depth + 1) + " or " + marker(depth: depth + 1)
    case 9: return "(" + space() + marker(depth: depth + 1) + space() + ")"
    default: return comparison()
    }
  }

  private mutating func comparison() -> String {
    let quote = pick(["'", "\""])
    if chance(20) {
      let value = pick(["socks", "Foo.Bar", "foo-bar", "none", ""])
      return "extra" + space() + pick(["==", "!="]) + space() + quote + value + quote
    }
    if chance(35) {
      let variable = pick(["python_version", "python_full_version", "implementation_version", "platform_release"])
      let value = pick(["3.9", "3.11", "3.11.7", "3.13.0rc1", "3", "2.7", "4.0", "3.*", "3.8.*", "7.3", "three", "6.1"])
      let symbol = pick([">=", "<=", "==", "!=", "<", ">", "~=", "in", "not in"])
      return chance(15)
        ? "\(quote)\(value)\(quote) \(symbol) \(variable)" : "\(variable) \(symbol) \(quote)\(value)\(quote)"
    }
    let variable = pick([
      "os_name", "sys_platform", "platform_machine", "platform_system", "implementation_name", "os.name",
      "sys.platform",
      "platform_python_implementation", "python_implementation", "platform.machine", "platform_version",
    ])
    let value = pick(["posix", "nt", "linux", "win32", "darwin", "x86_64", "Linux", "cpython", "CPython", "lin", "a b"])
    let symbol = pick(["==", "!=", "in", "not in", "<", ">=", "=="])
    return chance(20)
      ? "\(quote)\(value)\(quote) \(symbol) \(variable)" : "\(variable) \(symbol) \(quote)\(value)\(quote)"
  }

  // MARK: slips

  /// The text with a character left out, put in, replaced or doubled.
  private mutating func slipped(_ text: String) -> String {
    var characters = Array(text)
    for _ in 0..<(1 + below(2)) where !characters.isEmpty {
      let place = below(characters.count)
      let stray = Character(
        pick([
          ",", ";", "(", ")", "[", "]", "=", "<", ">", "~", "!", ".", "-", "*", "+", "@", "'", "\"", " ", "x", "1", "#",
          "^", "ä", "\\",
        ]))
      switch below(4) {
      case 0: characters.remove(at: place)
      case 1: characters.insert(stray, at: place)
      case 2: characters[place] = stray
      default: characters.insert(characters[place], at: place)
      }
    }
    return String(characters)
  }

  private mutating func space() -> String { chance(75) ? "" : pick([" ", "  ", "\t"]) }
  private mutating func pick(_ items: [String]) -> String { items[below(items.count)] }
  private mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
  private mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
}
