/// What a netrc file says of machines. Pure. Source: the GNU inetutils manual, "The .netrc file"; quoting as curl reads it.
///
/// The entry `default` is passed over: it would go to any host, and a credential is for the host that it was given for.
struct Netrc {
  /// Who logs in.
  struct Entry: Equatable {
    var machine: String
    var login: String?
    var password: String?
  }

  /// The entries in the order of the file.
  private(set) var entries: [Entry] = []

  /// Reads a file's text. What is not understood is passed over, as everybody does.
  init(_ text: String) {
    var words = Words(text)
    var current: Entry?
    while let word = words.next() {
      switch word {
      case "machine", "default":
        if let entry = current { entries.append(entry) }
        current = word == "machine" ? words.next().map { Entry(machine: $0.lowercased()) } : nil
      case "login": current?.login = words.next()
      case "password": current?.password = words.next()
      case "account": _ = words.next()
      case "macdef": words.skipMacro()
      default: continue
      }
    }
    if let entry = current { entries.append(entry) }
  }

  /// The first entry with a password for a host, and for a login where one is given.
  func entry(host: String, login: String? = nil) -> Entry? {
    entries.first { entry in
      entry.machine == host.lowercased() && entry.password != nil && (login == nil || entry.login == login)
    }
  }
}

/// Words between white space; in quotes they may hold some. `#` at a word's beginning takes the rest of the line.
private struct Words {
  private var rest: Substring

  init(_ text: String) { rest = text[...] }

  mutating func next() -> String? {
    while let first = rest.first {
      if first.isWhitespace {
        rest.removeFirst()
      } else if first == "#" {
        rest = rest.drop { !$0.isNewline }
      } else {
        return first == "\"" ? quoted() : plain()
      }
    }
    return nil
  }

  /// A macro ends with an empty line.
  mutating func skipMacro() {
    var isEmpty = false
    while let first = rest.first {
      rest.removeFirst()
      guard first.isNewline else {
        isEmpty = false
        continue
      }
      if isEmpty { return }
      isEmpty = true
    }
  }

  private mutating func plain() -> String {
    let word = rest.prefix { !$0.isWhitespace }
    rest = rest.dropFirst(word.count)
    return String(word)
  }

  private mutating func quoted() -> String {
    rest.removeFirst()
    var word = ""
    while let character = rest.popFirst(), character != "\"" {
      word.append(character == "\\" ? rest.popFirst() ?? "\\" : character)
    }
    return word
  }
}
