import Glibc
import Manifests
import Model
import Testing

/// A directory of manifests that goes away with its test.
final class ManifestFixture {
  let directory: String
  let secrets = SecretRegistry()
  var variables: [String: String] = [:]
  var host: HostPolicy?

  init(_ files: [String: String] = [:]) throws {
    var template = Array("/tmp/pinion-manifests-XXXXXX".utf8CString)
    directory = String(cString: try #require(mkdtemp(&template)))
    for (name, text) in files { try write(Array(text.utf8), name) }
  }

  deinit {
    removeTree(directory)
  }

  func write(_ bytes: [UInt8], _ name: String) throws {
    let path = "\(directory)/\(name)"
    for slash in name.indices where name[slash] == "/" { mkdir("\(directory)/\(name[..<slash])", 0o755) }
    let file = try #require(fopen(path, "w"))
    defer { fclose(file) }
    try #require(fwrite(bytes, 1, bytes.count, file) == bytes.count)
  }

  func load(_ path: String? = nil) throws(Failure) -> LoadedManifests {
    try ManifestLoader(variables: Variables(variables), secrets: secrets, host: host)
      .load(path, workingDirectory: directory)
  }

  /// Reads a host's file, which stands in the fixture, for what is loaded from now on.
  func takeHost(_ name: String) throws(Failure) {
    host = try HostPolicyLoader(secrets: secrets).load(name, workingDirectory: directory)
  }

  /// The complaints about manifests that cannot be loaded, as text.
  func complaints(_ path: String? = nil) -> String {
    do throws(Failure) {
      let loaded = try load(path)
      return "loaded: \(loaded.environments.map(\.name))"
    } catch {
      return error.diagnostics.map(rendered).joined(separator: "\n")
    }
  }

  /// One complaint as text, in which the fixture's directory is `DIR`.
  func rendered(_ diagnostic: Diagnostic) -> String {
    var lines = ["\(diagnostic.severity) \(diagnostic.code): \(diagnostic.message)"]
    switch diagnostic.place {
    case .source(let location, let excerpt):
      lines.append("  at \(location)")
      if let excerpt, !excerpt.isEmpty { lines.append("  | \(excerpt)") }
    case .path(let path): lines.append("  at \(path.split(separator: directory).isEmpty ? "DIR" : path)")
    case .url(let url): lines.append("  at \(url)")
    case nil: break
    }
    if let cause = diagnostic.cause { lines.append("  because \(cause)") }
    if let hint = diagnostic.hint { lines.append("  hint: \(hint)") }
    return lines.joined(separator: "\n")
  }
}

private func removeTree(_ path: String) {
  if let stream = opendir(path) {
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { removeTree("\(path)/\(name)") }
    }
    closedir(stream)
  }
  remove(path)
}

/// The text of a ModuleSet with those lines of `spec`.
func moduleSet(_ spec: String, name: String = "test") -> String {
  let lines = spec.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)\n" }.joined()
  return "apiVersion: pinion/v1\nkind: ModuleSet\nmetadata: {name: \(name)}\nspec:\n" + lines
}

/// The text of a vCon Server config with one link.
func link(_ pipName: String, module: String = "my_link.main") -> String {
  "links:\n  one:\n    module: \(module)\n    pip_name: \(pipName)\n"
}

extension Requirement {
  var git: GitRequirement? { if case .git(let requirement) = self { requirement } else { nil } }
}

extension DeclaredRequirement {
  var read: Requirement? { if case .requirement(let requirement) = self { requirement } else { nil } }
}
