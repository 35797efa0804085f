internal import Model
internal import Platform

/// How results are written. Each command says which of them it knows.
enum OutputFormat: String, CaseIterable { case text, json, github, markdown, requirements, cyclonedx }

/// What every command is told.
struct CommonSettings: Sendable, Equatable {
  var file: String?
  var environment: String?
  var state: String?
  var hostPolicy: String?
  var format = OutputFormat.text
  var isVerbose = false
  var isQuiet = false
  var hasColors = true

  /// The default manifests, in the order in which they are looked for.
  private static let defaultFiles = ["pinion.yaml", "config.yml", "manifests"]

  /// The state directory, worked out without reading a manifest.
  func stateDirectory(variables: [String: String], workingDirectory: String) -> StateDirectory {
    let named = state ?? variables["PINION_STATE"].flatMap { $0.isEmpty ? nil : $0 }
    if let named { return StateDirectory(root: named.absolutePath(from: workingDirectory)) }
    let manifest =
      (file ?? CommonSettings.defaultFiles.first { Files.exists("\(workingDirectory)/\($0)") } ?? ".")
      .absolutePath(from: workingDirectory)
    let directory = Files.isDirectory(manifest) ? manifest : manifest.parentPath
    return StateDirectory(root: "\(directory == "/" ? "" : directory)/.pinion")
  }
}
