internal import Model

/// Reading `record.json`. Every part is nil where the tree is not what this version writes.
extension StoreRecord {
  /// Reads a record; nil also when its format is another.
  init?(_ json: JSONNode) {
    guard json["formatVersion"]?.integer == StoreRecord.formatVersion,
      let name = json["name"]?.string.flatMap({ PackageName($0) }), let version = json["version"]?.string,
      let distInfo = json["distInfo"]?.string, case .boolean(let rootIsPurelib)? = json["rootIsPurelib"],
      let tree = json["tree"]?.array?.all(StoreFile.init), let metadata = json["metadata"]?.array?.all(StoreFile.init),
      let data = json["data"]?.array?.all(StoreFile.init),
      let entryPoints = json["entryPoints"]?.array?.all(ScriptEntryPoint.init),
      let topLevel = json["topLevel"]?.strings, let pthFiles = json["pthFiles"]?.strings
    else { return nil }
    self.init(
      name: name, version: version, distInfo: distInfo, rootIsPurelib: rootIsPurelib, tree: tree, metadata: metadata,
      data: data, entryPoints: entryPoints, topLevel: topLevel, pthFiles: pthFiles, reaches: json["reaches"]?.strings,
      recordBreaches: json["recordBreaches"]?.strings, doubts: json["doubts"]?.strings,
      wheelSize: json["wheelSize"]?.integer)
  }
}

extension StoreFile {
  fileprivate init?(_ json: JSONNode) {
    guard let path = json["path"]?.string, let sha256 = json["sha256"]?.string, let size = json["size"]?.integer,
      case .boolean(let executable)? = json["executable"]
    else { return nil }
    self.init(path: path, sha256: sha256, size: size, executable: executable)
  }
}

extension ScriptEntryPoint {
  fileprivate init?(_ json: JSONNode) {
    guard let name = json["name"]?.string, let module = json["module"]?.string,
      let attribute = json["attribute"]?.string
    else { return nil }
    self.init(name: name, reference: "\(module):\(attribute)")
  }
}
