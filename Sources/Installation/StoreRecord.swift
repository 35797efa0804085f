public import Model

/// What one unpacked wheel holds: `record.json` of a store entry.
///
/// Read when a generation is built or checked deeply, never by an apply that has nothing to do.
public struct StoreRecord: Sendable, Equatable, Codable {
  /// The version of the record's format that this code reads and writes.
  public static let formatVersion = 1

  /// The record's format.
  public var formatVersion: Int = StoreRecord.formatVersion
  /// The distribution's name.
  public var name: PackageName
  /// Its version, as its METADATA writes it.
  public var version: String
  /// The name of its dist-info directory.
  public var distInfo: String
  /// Whether the wheel's root goes to purelib rather than platlib; both are the same place here.
  public var rootIsPurelib: Bool
  /// What is importable, relative to `tree/`; sorted.
  public var tree: [StoreFile]
  /// The dist-info files, relative to `dist-info/`; sorted.
  public var metadata: [StoreFile]
  /// Scripts, headers and data, relative to `data/`; sorted. The first component is the scheme.
  public var data: [StoreFile]
  /// Console and GUI scripts that are made from entry points; sorted.
  public var entryPoints: [ScriptEntryPoint]
  /// The importable names at the top level; sorted.
  public var topLevel: [String]
  /// The `.pth` files at the top level of the tree; sorted.
  public var pthFiles: [String]
  /// The files that its libraries look for beside themselves and that it does not have: `y.libs/liby.so`. Nil where nobody
  /// looked.
  public var reaches: [String]?
  /// What its RECORD says that is not so; nil where it is right.
  public var recordBreaches: [String]?
  /// What else about it is worth a warning; nil where nothing is.
  public var doubts: [String]?
  /// The wheel's own size in bytes; nil in records of earlier versions.
  public var wheelSize: Int?

  /// The size of all files together, in bytes.
  var unpackedSize: Int { (tree + metadata + data).reduce(0) { $0 + $1.size } }

  /// The scripts that the wheel brings as files, by name.
  public var scripts: [StoreFile] {
    data.compactMap { file in
      guard file.path.hasPrefix("scripts/") else { return nil }
      var script = file
      script.path = String(file.path.dropFirst("scripts/".count))
      return script
    }
  }
}

/// One file of a store entry.
public struct StoreFile: Sendable, Equatable, Codable {
  /// Relative to its part of the entry.
  public var path: String
  /// The SHA-256 of its bytes.
  public var sha256: String
  /// Its size in bytes.
  public var size: Int
  /// Whether it may be run.
  public var executable: Bool

  /// Creates a description.
  public init(path: String, sha256: String, size: Int, executable: Bool = false) {
    self.path = path
    self.sha256 = sha256
    self.size = size
    self.executable = executable
  }
}

/// A command that calls a function: `name = module:attribute`.
public struct ScriptEntryPoint: Sendable, Equatable, Codable {
  /// The command's name.
  public var name: String
  /// The module to import.
  public var module: String
  /// The function in it, dots allowed.
  public var attribute: String

  /// Reads `module:attribute`, extras left out. Nil when it is no such thing: the text ends up in a script.
  public init?(name: String, reference: some StringProtocol) {
    let bare = reference.prefix { $0 != "[" }
    let parts = bare.split(separator: ":", omittingEmptySubsequences: false).map { part in
      String(part.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
    guard parts.count == 2, parts.allSatisfy(Self.isDottedName) else { return nil }
    self.name = name
    module = parts[0]
    attribute = parts[1]
  }

  private static func isDottedName(_ text: String) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { word in
      guard let first = word.first, first == "_" || first.isLetter else { return false }
      return word.allSatisfy { $0 == "_" || $0.isLetter || $0.isNumber }
    }
  }
}

/// Which command names a distribution may bring.
enum CommandName {
  /// Whether the name would stand in for the interpreter or the activation scripts of an environment.
  ///
  /// Names that only begin like one (`python-argcomplete-check`) are harmless, and real.
  static func isReserved(_ name: String) -> Bool {
    let lower = name.lowercased()
    if lower == "activate" || lower.hasPrefix("activate.") { return true }
    guard lower.hasPrefix("python") else { return false }
    let rest = lower.dropFirst("python".count)
    // `python3.13t` is the free-threaded one.
    return rest.isEmpty || rest == "w"
      || rest.first == "3" && rest.dropFirst().drop { $0.isNumber || $0 == "." }.isEmpty
      || rest.first == "3" && rest.last == "t" && rest.dropFirst().dropLast().allSatisfy { $0.isNumber || $0 == "." }
  }

  /// Whether the name is pip's own.
  static func isPip(_ name: String) -> Bool {
    name.lowercased().hasPrefix("pip") && name.dropFirst(3).allSatisfy { $0.isNumber || $0 == "." }
  }

  /// Whether the name is one file name that a shell can call.
  static func isUsable(_ name: String) -> Bool {
    SafePath.isSafe(name) && !name.contains("/") && !name.unicodeScalars.contains { $0.value < 32 }
      && !name.hasPrefix("-") && !name.contains { "'\"\\`$".contains($0) }
  }
}
