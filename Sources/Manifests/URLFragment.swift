internal import Model

/// What stands behind the `#` of a direct reference: `subdirectory=…`, `egg=…`, `sha256=…`, joined with `&`.
struct URLFragment {
  typealias Problem = RequirementParser.Problem

  /// The project's directory within what the URL names.
  private(set) var subdirectory: String?
  /// The name that `egg=` says, and the extras.
  private(set) var egg: RequirementParser.Parsed?
  /// What `sha256=` and its like say.
  private(set) var hashes: [FileHash] = []

  /// An empty one.
  init() {}

  /// Reads what follows the `#`, which stands at `offset`. Only files may be said to have a hash.
  init(_ text: Substring, at offset: Int, isFile: Bool, inside whole: String) throws(Problem) {
    let known =
      "what may follow '#': \(isFile ? "sha256=digest, " : "")subdirectory=path, egg=name"
    var place = offset
    for part in text.split(separator: "&", omittingEmptySubsequences: false) {
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard halves.count == 2, let value = String(halves[1]).percentDecoded, !value.isEmpty else {
        throw Problem(message: "what follows '#' is not understood", offset: place, hint: known)
      }
      let valuePlace = place + halves[0].count + 1
      let key = halves[0].lowercased()
      if key == "egg" && egg != nil || key == "subdirectory" && subdirectory != nil {
        throw Problem(message: "'\(key)=' stands twice behind '#'", offset: place, hint: "take one of them out")
      }
      switch key {
      case "subdirectory": subdirectory = try Self.subdirectory(value, at: valuePlace, inside: whole)
      case "egg": egg = try Self.egg(value, at: valuePlace)
      case "sha256", "sha384", "sha512", "md5", "sha1", "sha224":
        guard isFile else {
          throw Problem(
            message: "'#\(halves[0])=' goes with a file: \(whole) is no single one", offset: place,
            hint: whole == "the repository" ? "pin a commit instead: write its id behind '@'" : "take it out")
        }
        hashes.append(try Self.hash(halves[0], value, at: place, digestAt: valuePlace))
      default:
        throw Problem(message: "'#\(Self.shown(halves[0]))=' is not understood", offset: place, hint: known)
      }
      place += part.count + 1
    }
  }

  /// Reads an algorithm and a digest, as `--hash` has them, too.
  static func hash(
    _ algorithm: some StringProtocol, _ digest: some StringProtocol, at place: Int, digestAt digestPlace: Int
  ) throws(Problem) -> FileHash {
    do throws(FileHash.Flaw) {
      return try FileHash(algorithm, digest)
    } catch {
      switch error {
      case .weak:
        throw Problem(
          message: "\(algorithm.lowercased()) is too weak: another file can be made to have the same digest",
          offset: place, hint: "write the file's sha256, which 'sha256sum FILE' prints")
      case .unknown:
        throw Problem(
          message: "the hash algorithm is not known", offset: place, hint: "write sha256, sha384 or sha512")
      case .digest(let algorithm):
        throw Problem(
          message:
            "a digest of \(algorithm.rawValue) is \(algorithm.length) hexadecimal digits, this is something else",
          offset: digestPlace, hint: "copy it whole, as '\(algorithm.rawValue)sum FILE' prints it")
      }
    }
  }

  /// A key as messages may show it: it may be the rest of a password.
  private static func shown(_ key: Substring) -> String {
    key.count <= 20 && key.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
      ? String(key) : "…"
  }

  private static func egg(_ value: String, at place: Int) throws(Problem) -> RequirementParser.Parsed {
    do throws(Problem) {
      let parsed = try RequirementParser.parse(value)
      guard parsed.url == nil, parsed.marker == nil, parsed.specifiers.isEmpty else {
        throw Problem(
          message: "'egg=' gives a name, and no more", offset: 0, hint: "write 'egg=name' or 'egg=name[extra]'")
      }
      return parsed
    } catch {
      throw Problem(message: error.message, offset: place + error.offset, hint: error.hint)
    }
  }

  private static func subdirectory(_ path: String, at offset: Int, inside whole: String) throws(Problem) -> String? {
    let parts = path.split(separator: "/").filter { $0 != "." }
    let isInside = !path.hasPrefix("/") && !parts.contains("..") && !path.contains("\\") && !path.contains("\0")
    guard isInside else {
      throw Problem(
        message: "the subdirectory leads out of \(whole)", offset: offset,
        hint: "write a path from \(whole)'s root, without '..', as in 'subdirectory=packages/my-link'")
    }
    return parts.isEmpty ? nil : parts.joined(separator: "/")
  }
}
