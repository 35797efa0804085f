internal import Model
internal import Platform

/// One file that has been read: its documents that are ours, and what is to be said about the others.
struct ReadManifest {
  /// The file as the user named it.
  var name: String
  /// Where it is, links followed.
  var path: String
  var declarations: [Declaration] = []
  /// Complaints that are not the reader's.
  private var complaints: [Diagnostic] = []
  private var reader: ManifestReader?
  /// Whether something in it is ours, or would be if it could be read.
  private(set) var isManifest = false

  /// What the file was named for.
  enum Role { case named, listed, included }

  init(
    name: String, path: String, role: Role, variables: Variables, secrets: SecretRegistry, grants: HostGrants?
  ) {
    self.name = name
    self.path = Files.realPath(path) ?? path
    let file: ManifestFile
    do throws(Failure) {
      file = try ManifestFile(name: name, path: path)
    } catch {
      complaints = error.diagnostics
      return
    }
    do throws(YamlProblem) {
      let documents = try YamlDocument.parse(file.bytes)
      let reader = ManifestReader(file: file, variables: variables, secrets: secrets, grants: grants)
      self.reader = reader
      read(documents, reader, role)
    } catch {
      isManifest = true
      complaints.append(
        Diagnostic(.manifestSyntax, error.message, at: file.place(error.mark), because: error.cause, hint: error.hint))
    }
  }

  private mutating func read(_ documents: [YamlDocument], _ reader: ManifestReader, _ role: Role) {
    let file = reader.file
    let kinds = documents.map { ManifestReader.kind(of: $0) }
    let isOurs = kinds.contains { $0 == .moduleSet || $0 == .vconServer }
    let hint = "write a ModuleSet (apiVersion: pinion/v1), or name a vCon Server config"
    if !kinds.contains(where: { $0 != .empty }) {
      if role == .listed {
        note("the file is empty, and is passed over", at: .path(name))
      } else {
        complaints.append(Diagnostic(.manifestInvalid, "the manifest is empty", at: .path(name), hint: hint))
      }
    }
    for (document, kind) in zip(documents, kinds) {
      switch kind {
      case .empty: continue
      case .hostPolicy where role != .listed:
        let message = "this is a host's file, and declares no environment"
        complaints.append(
          Diagnostic(
            .manifestInvalid, message, at: file.place(document.root.mark),
            hint: "name it with --host-policy, and a manifest with -f"))
      case .foreign where role != .listed && !isOurs:
        let message = "this is neither a ModuleSet nor a vCon Server config"
        complaints.append(Diagnostic(.manifestInvalid, message, at: file.place(document.root.mark), hint: hint))
      case .foreign, .hostPolicy:
        let message = "this is neither a ModuleSet nor a vCon Server config, and is passed over"
        note(message, at: file.place(document.root.mark))
      case .moduleSet, .vconServer:
        isManifest = true
        let declaration = kind == .moduleSet ? reader.moduleSet(document.root) : reader.vconServer(document.root)
        if let declaration { declarations.append(declaration) }
      }
    }
  }

  private mutating func note(_ message: String, at place: Place) {
    complaints.append(Diagnostic(.manifestInvalid, severity: .note, message, at: place))
  }

  /// Everything that is to be said about it, in the order of the text.
  var diagnostics: [Diagnostic] {
    let all = complaints + (reader.map { $0.errors + $0.warnings } ?? [])
    return all.enumerated().sorted { left, right in
      let (one, other) = (Self.position(left.element), Self.position(right.element))
      return one == other ? left.offset < right.offset : one < other
    }.map(\.element)
  }

  /// A line as it may be shown.
  func line(_ number: Int) -> String? { reader.flatMap { Excerpt.of(line: number, in: $0.file.lines) } }

  private static func position(_ diagnostic: Diagnostic) -> YamlMark {
    guard case .source(let location, _) = diagnostic.place else { return YamlMark(line: .max, column: 0) }
    return YamlMark(line: location.line, column: location.column)
  }
}
