public import Model
internal import Platform

/// Reads the host's file: what its administrator lets manifests do.
public struct HostPolicyLoader: Sendable {
  /// Where it stands when nobody names another.
  public static let standardPath = "/etc/pinion/host.yaml"

  private let secrets: SecretRegistry

  /// Takes the registry that complaints are cleaned with.
  public init(secrets: SecretRegistry) {
    self.secrets = secrets
  }

  /// Reads a file that was named, or with nil the standard one, which need not be there: then the result is nil.
  ///
  /// Throws one failure with all complaints: `manifestMissing`, `manifestSyntax`, `manifestInvalid`, `io`. A file that is there and
  /// cannot be read is an error, too: it might forbid what is about to be done.
  public func load(_ path: String?, workingDirectory: String) throws(Failure) -> HostPolicy? {
    let name = path ?? Self.standardPath
    if path == nil, !Files.mayExist(name) { return nil }
    let file = try ManifestFile(
      name: name, path: name.absolutePath(from: workingDirectory), noun: "host policy",
      hint: "name another file with --host-policy, or set PINION_HOST_POLICY")
    let documents: [YamlDocument]
    do throws(YamlProblem) {
      documents = try YamlDocument.parse(file.bytes).filter { !$0.root.isNull }
    } catch {
      throw Failure([
        Diagnostic(.manifestSyntax, error.message, at: file.place(error.mark), because: error.cause, hint: error.hint)
      ])
    }
    guard let document = documents.first else {
      throw Failure(
        .manifestInvalid, "the host's file is empty", at: .path(name),
        hint: "write 'apiVersion: pinion/v1', 'kind: HostPolicy' and 'spec:'")
    }
    // The host's file uses no variables: whoever starts Pinion could change what it says.
    let reader = ManifestReader(file: file, variables: Variables([:]), secrets: secrets)
    if documents.count > 1 {
      reader.error(
        "a host's file is one document, this is the second", at: documents[1].root.mark, hint: "put both into one")
    }
    reader.take(documents.flatMap(\.mistakes))
    let policy = reader.hostPolicy(document.root)
    guard reader.errors.isEmpty else { throw Failure(reader.errors.map(Self.withoutVariables)) }
    return policy
  }

  private static func withoutVariables(_ diagnostic: Diagnostic) -> Diagnostic {
    guard diagnostic.code == .variableUnset else { return diagnostic }
    return Diagnostic(
      .manifestInvalid, "a host's file uses no variables", at: diagnostic.place,
      because: "whoever starts Pinion could change what it says", hint: "write the value out; '$$' is a '$'")
  }
}
