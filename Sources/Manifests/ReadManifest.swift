internal import Model
internal import Platform

/// One file that has been read: its documents that are ours, and what is to be said about the others.
struct ReadManifest {
  /// The file as the user named it.
  var name: String
  /// Where it is, links followed.
  var path: String
  /// The directory that relative paths in it start from: that of the name, as for all of its settings, not of what a link of
  /// that name leads to.
  var directory: String
  var declarations: [Declaration] = []
  /// Complaints that are not the reader's.
  private var complaints: [Diagnostic] = []
  private var reader: ManifestReader?
  /// Whether something in it is ours, or would be if it could be read.
  private(set) var isManifest = false

  /// What the file was named for.
  enum Role { case named, listed, included }

  init(
    name: String, path: String, role: Role, include: Place? = nil, variables: Variables, secrets: SecretRegistry,
    grants: HostGrants?
  ) {
    self.name = name
    self.path = Files.realPath(path) ?? path
    directory = path.parentPath
    let file: ManifestFile
    do throws(Failure) {
      file = try ManifestFile(name: name, path: path)
    } catch {
      complaints = error.diagnostics
      guard let include else { return }
      // What is to be mended is the line that names it.
      complaints = complaints.map { complaint in
        let cause = complaint.message + (complaint.cause.map { ": \($0)" } ?? "")
        return Diagnostic(
          complaint.code, "'\(name)' cannot be included", at: include, because: cause,
          hint: "name a manifest's file, or take the entry out")
      }
      return
    }
    do throws(YamlProblem) {
      let documents = try YamlDocument.parse(file.bytes)
      let reader = ManifestReader(file: file, variables: variables, secrets: secrets, grants: grants)
      self.reader = reader
      read(documents, reader, role)
    } catch {
      // What an include leads to may be anybody's file: it is shown only where it looks like a manifest.
      isManifest = role != .included || Self.looksLikeManifest(file)
      complaints.append(
        Diagnostic(
          .manifestSyntax, error.message, at: place(error.mark, in: file), because: error.cause, hint: error.hint))
    }
  }

  /// Whether a line of it begins with a key of ours.
  private static func looksLikeManifest(_ file: ManifestFile) -> Bool {
    let keys = ["apiVersion:", "kind:", "imports:", "links:", "storages:", "tracers:", "chains:", "pinion:"]
    return (0..<file.lines.count).contains { number in keys.contains { file.lines[number].hasPrefix($0) } }
  }

  /// A place; its line is shown only if the file is a manifest.
  private func place(_ mark: YamlMark, in file: ManifestFile) -> Place {
    isManifest ? file.place(mark) : .source(file.location(mark), excerpt: "")
  }

  private mutating func read(_ documents: [YamlDocument], _ reader: ManifestReader, _ role: Role) {
    let file = reader.file
    let kinds = documents.map { ManifestReader.kind(of: $0) }
    isManifest = kinds.contains { $0 == .moduleSet || $0 == .vconServer }
    let isOurs = isManifest
    let hint = "write a ModuleSet (apiVersion: pinion/v1), or name a vCon Server config"
    if !kinds.contains(where: { $0 != .empty }) {
      if role == .listed {
        note("the file is empty, and is passed over", at: .path(name))
      } else {
        complaints.append(Diagnostic(.manifestInvalid, "the manifest is empty", at: .path(name), hint: hint))
      }
    }
    for (document, kind) in zip(documents, kinds) {
      if isOurs {
        reader.take(document.mistakes)
      } else if let mistake = document.mistakes.first {
        complaints.append(
          Diagnostic(.manifestSyntax, mistake.message, at: place(mistake.mark, in: file), hint: mistake.hint))
      }
      switch kind {
      case .empty: continue
      case .hostPolicy where role != .listed:
        let message = "this is a host's file, and declares no environment"
        complaints.append(
          Diagnostic(
            .manifestInvalid, message, at: place(document.root.mark, in: file),
            hint: "name it with --host-policy, and a manifest with -f"))
      case .foreign where role != .listed && !isOurs:
        let message = "this is neither a ModuleSet nor a vCon Server config"
        let meant = ManifestReader.meantKey(of: document).map { "did you mean '\($0)'? Else \(hint)" }
        complaints.append(
          Diagnostic(.manifestInvalid, message, at: place(document.root.mark, in: file), hint: meant ?? hint))
      case .foreign, .hostPolicy:
        let message = "this is neither a ModuleSet nor a vCon Server config, and is passed over"
        note(message, at: place(document.root.mark, in: file))
      case .moduleSet, .vconServer:
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
    let all = complaints + (reader.map { $0.errors + $0.allWarnings } ?? [])
    return all.enumerated().sorted { left, right in
      let (one, other) = (Self.position(left.element), Self.position(right.element))
      return one == other ? left.offset < right.offset : one < other
    }.map(\.element)
  }

  /// A line as it may be shown.
  func line(_ number: Int) -> String? {
    isManifest ? reader.flatMap { Excerpt.of(line: number, in: $0.file.lines) } : nil
  }

  private static func position(_ diagnostic: Diagnostic) -> YamlMark {
    guard case .source(let location, _) = diagnostic.place else { return YamlMark(line: .max, column: 0) }
    return YamlMark(line: location.line, column: location.column)
  }
}
