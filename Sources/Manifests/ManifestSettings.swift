internal import Model

/// What a document states besides its modules, and where: what it leaves out, another file may say.
struct ManifestSettings {
  /// Scalar settings that are written, by their keys, with the places of their values.
  var stated: [String: SourceLocation] = [:]
  /// The rules that are written.
  var policy = PolicyDeclaration()
  /// What else is to be read.
  var includes: [Include] = []

  /// An entry of `include`: a path or a glob.
  struct Include {
    var text: String
    var place: Place
    var location: SourceLocation
  }
}
