/// What the host's administrator says (`/etc/pinion/host.yaml`): manifests can make it stricter, and never looser.
public struct HostPolicy: Sendable, Equatable {
  /// The file, as it was named.
  public var file: String
  /// Rules for every environment.
  public var policy: PolicyDeclaration
  /// Keys that manifests' commits and tags may be signed with.
  public var keys: [VerificationKey]
  /// Which variables manifests may use, and for which hosts; nil leaves that open.
  public var variables: [Grant]?
  /// Which credential files manifests may use, and for which hosts; nil leaves that open.
  public var credentialFiles: [Grant]?
  /// Whether manifests may have commands run, processes signalled and servers told of changes; without a word, not.
  public var hooks: PolicyDeclaration.Stated<Permission>?

  /// A file that says nothing.
  public init(file: String) {
    self.file = file
    policy = PolicyDeclaration()
    keys = []
  }
}

/// A public key that signatures are checked against.
public struct VerificationKey: Sendable, Equatable {
  /// Where its text is.
  public enum Source: Sendable, Equatable {
    /// In the host file: an OpenSSH public key (`ssh-ed25519 AAAA…`) or an armoured OpenPGP block.
    case text(String)
    /// In a file of its own; absolute.
    case file(String)
  }

  /// The name that messages use.
  public var name: String
  /// Where its text is.
  public var source: Source
  /// Where it is declared.
  public var location: SourceLocation

  /// Creates a key.
  public init(name: String, source: Source, location: SourceLocation) {
    self.name = name
    self.source = source
    self.location = location
  }
}

/// Variables, or credential files, that manifests may use.
public struct Grant: Sendable, Equatable {
  /// A pattern of variables' names, or of absolute paths, in which `*` stays within one directory.
  public var match: Glob
  /// Patterns of hosts that the values, or the files' contents, may go to; nil for anywhere.
  public var hosts: [Glob]?
  /// Where it is written.
  public var location: SourceLocation

  /// Creates a grant.
  public init(match: Glob, hosts: [Glob]?, location: SourceLocation) {
    self.match = match
    self.hosts = hosts
    self.location = location
  }
}
