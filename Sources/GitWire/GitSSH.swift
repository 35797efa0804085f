/// How a repository is reached over ssh. It travels through a pipe that no other process can read.
public struct GitSSH: Codable, Sendable, CustomStringConvertible {
  /// A private key: its file, or its text.
  public struct Key: Codable, Sendable, CustomStringConvertible {
    /// Where it is, absolute; where the text is given, what messages call it.
    public var path: String
    /// What stands in the file; nil where it is to be read.
    public var text: String?
    /// What it is locked with; nil when that is not known.
    public var passphrase: String?

    /// Creates a key.
    public init(path: String, text: String? = nil, passphrase: String? = nil) {
      self.path = path
      self.text = text
      self.passphrase = passphrase
    }

    /// Never shows the text and the passphrase.
    public var description: String { path }
  }

  /// The server's name or address, without brackets.
  public var host: String
  /// The server's port.
  public var port: Int
  /// The repository's path as the server is to see it.
  public var path: String
  /// Who logs in.
  public var username: String
  /// Files with the keys of hosts that are known; absolute.
  public var knownHosts: [String]
  /// Whether somebody named these files, so that they must be there.
  public var areKnownHostsDeclared: Bool
  /// The only key that is offered; nil for the agent's and the default ones.
  public var key: Key?
  /// The socket of an ssh-agent.
  public var agent: String?
  /// Keys that are offered when they are there and need no passphrase; absolute.
  public var defaultKeys: [String]

  /// Creates a way to a server.
  public init(
    host: String, port: Int, path: String, username: String, knownHosts: [String], areKnownHostsDeclared: Bool,
    key: Key?, agent: String?, defaultKeys: [String]
  ) {
    self.host = host
    self.port = port
    self.path = path
    self.username = username
    self.knownHosts = knownHosts
    self.areKnownHostsDeclared = areKnownHostsDeclared
    self.key = key
    self.agent = agent
    self.defaultKeys = defaultKeys
  }

  /// Never shows the passphrase.
  public var description: String { "\(username)@\(host):\(port)" }

  /// The host as known_hosts has it: `host`, or `[host]:port` where the port is not 22. Source: sshd(8).
  public var knownHostName: String { port == 22 ? host : "[\(host)]:\(port)" }
}
