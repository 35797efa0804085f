/// What files of known hosts say, as ssh(1) reads them. Pure: files are read, and names hashed, by whoever asks.
///
/// Certificate authorities (`@cert-authority`) are passed over, as are lines that are not understood: libssh2 knows no
/// certificates. Source: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
public struct KnownHosts: Sendable {
  /// One line.
  struct Entry: Sendable {
    var isRevoked: Bool
    var hosts: String
    var algorithm: Substring
    /// In base64.
    var key: Substring
    var place: String
  }

  /// A host's key as the server shows it.
  public struct Key: Sendable {
    /// What kind of key it is: `ssh-ed25519`.
    public var algorithm: String
    /// The key in base64.
    public var base64: String

    /// Creates a key.
    public init(algorithm: String, base64: String) {
      self.algorithm = algorithm
      self.base64 = base64
    }
  }

  /// What is to be thought of a key.
  public enum Verdict: Sendable, Equatable {
    /// It is the known one.
    case known
    /// Nothing is known of the host. Of other kinds of keys it may be, which are named.
    case unknown(others: [String])
    /// Another key of this kind is known, from these places (`file:line`).
    case changed(places: [String])
    /// It is marked as revoked there.
    case revoked(place: String)
  }

  private var entries: [Entry] = []

  /// Nothing is known.
  public init() {}

  /// Takes what a file says.
  public mutating func add(_ text: some StringProtocol, file: String) {
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      var words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })[...]
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      let isMarked = first.hasPrefix("@")
      if isMarked {
        guard first == "@revoked" else { continue }
        words.removeFirst()
      }
      guard words.count >= 3 else { continue }
      let fields = Array(words.prefix(3))
      entries.append(
        Entry(
          isRevoked: isMarked, hosts: String(fields[0]), algorithm: Substring(String(fields[1])),
          key: Substring(String(fields[2])), place: "\(file):\(index + 1)"))
    }
  }

  /// The kinds of keys that are known of a host: those that it should be asked for.
  public func algorithms(of host: String, hashed: (_ field: String, _ name: String) -> Bool) -> [String] {
    var found: [String] = []
    for entry in entries(of: host, hashed) where !entry.isRevoked && !found.contains(String(entry.algorithm)) {
      found.append(String(entry.algorithm))
    }
    return found
  }

  /// What is to be thought of the key that a host shows. `host` is `name`, or `[name]:port` where the port is not 22.
  ///
  /// - Parameter hashed: whether a field (`|1|salt|hash`) is that name's.
  public func verdict(
    on key: Key, of host: String, hashed: (_ field: String, _ name: String) -> Bool
  ) -> Verdict {
    let revoked = entries.first { entry in
      entry.isRevoked && entry.key == key.base64 && Self.names(host).contains { matches(entry, $0, hashed) }
    }
    if let revoked { return .revoked(place: revoked.place) }
    let known = entries(of: host, hashed).filter { !$0.isRevoked }
    if known.contains(where: { $0.key == key.base64 && $0.algorithm == key.algorithm }) { return .known }
    let places = known.filter { $0.algorithm == key.algorithm }.map(\.place)
    return places.isEmpty ? .unknown(others: known.map { String($0.algorithm) }) : .changed(places: places)
  }

  /// The entries of a host at its port; where there are none, those of the host itself, as ssh(1) does it.
  private func entries(of host: String, _ hashed: (String, String) -> Bool) -> [Entry] {
    for name in Self.names(host) {
      let found = entries.filter { matches($0, name, hashed) }
      if found.contains(where: { !$0.isRevoked }) { return found }
    }
    return []
  }

  /// `[name]:port`, and the name alone.
  private static func names(_ host: String) -> [String] {
    guard host.hasPrefix("["), let close = host.lastIndex(of: "]") else { return [host] }
    return [host, String(host[host.index(after: host.startIndex)..<close])]
  }

  private func matches(_ entry: Entry, _ name: String, _ hashed: (String, String) -> Bool) -> Bool {
    if entry.hosts.hasPrefix("|") { return hashed(entry.hosts, name) }
    var isListed = false
    for pattern in entry.hosts.lowercased().split(separator: ",") {
      if pattern.hasPrefix("!") {
        if Self.matches(Array(pattern.utf8.dropFirst()), Array(name.lowercased().utf8)) { return false }
      } else if Self.matches(Array(pattern.utf8), Array(name.lowercased().utf8)) {
        isListed = true
      }
    }
    return isListed
  }

  /// `*` is any run of characters and `?` is one; everything else stands for itself, brackets too.
  private static func matches(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
    var (place, index) = (0, 0)
    var retry: (place: Int, index: Int)?
    while index < name.count {
      if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
        retry = (place, index)
        place += 1
      } else if place < pattern.count, pattern[place] == UInt8(ascii: "?") || pattern[place] == name[index] {
        place += 1
        index += 1
      } else if let last = retry {
        place = last.place + 1
        index = last.index + 1
        retry = (last.place, index)
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
