internal import Model

/// A document that has been read, save for its modules: those are read last, when it is known which environment they join.
struct Declaration {
  /// Who read it, and reads its modules.
  var reader: ManifestReader
  /// Whether its name is one.
  var hasName: Bool
  /// Its own settings.
  var environment: DesiredEnvironment
  /// What it states, and where.
  var settings = ManifestSettings()
  /// `spec.modules` or `pinion.modules`.
  var modules: YamlNode?
  /// The top-level entries of a vCon Server config.
  var sections: [(key: String, keyMark: YamlMark, value: YamlNode)] = []

  /// Those whose keys stand again further down.
  var shadowedSections: [(key: String, keyMark: YamlMark, value: YamlNode)] = []

  init(reader: ManifestReader, hasName: Bool, environment: DesiredEnvironment) {
    self.reader = reader
    self.hasName = hasName
    self.environment = environment
  }
}
