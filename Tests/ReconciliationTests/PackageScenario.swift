import Model
import Platform
import TestSupport
import Testing

@testable import Resolution

/// A made-up index, what is asked of it, and what comes of that, with the fields that packse's scenarios have.
///
/// What the index has is read by `scenarios.py`, which serves it.
struct PackageScenario: Sendable, CustomTestStringConvertible {
  /// Its name, which is that of its index.
  var name: String
  /// What it shows.
  var text: String
  /// What is asked for, each by a module of its own.
  var requires: [String]
  /// What the set says of its Python.
  var requiresPython: String?
  /// The minor version of Python that is locked for.
  var python: String
  /// The options behind each entry, by package; those of all under nil.
  var options: [String?: String]
  /// What comes of it.
  var expected: Expectation

  /// What is to come of it.
  enum Expectation: Sendable {
    /// These versions, by name.
    case packages([String: String])
    /// A complaint of this kind, which names these modules.
    case complaint(Diagnostic.Code, modules: [String])
  }

  var testDescription: String { "\(name): \(text)" }

  /// The directory of the scenarios.
  static let directory = (#filePath as String).parentPath + "/Scenarios"

  /// Why a scenario cannot be read.
  struct Unreadable: Error, CustomStringConvertible {
    var description: String
  }

  /// Every scenario. Throws what is wrong with one of them: also a key that means nothing.
  static func all() throws -> [PackageScenario] {
    try Files.list(directory).sorted().flatMap { file in
      let text = String(decoding: try Files.read("\(directory)/\(file)"), as: UTF8.self)
      guard let entries = try TOMLDocument.parse(text)["scenario"]?.array else {
        throw Unreadable(description: "\(file) has no scenario")
      }
      return try entries.map { try PackageScenario(Reader($0, "\(file):")) }
    }
  }

  private init(_ reader: Reader) throws {
    name = try reader.text("name")
    let reader = Reader(reader.value, name)
    try reader.holds(only: [
      "name", "description", "root", "packages", "environment", "expected", "resolver_options", "pip",
    ])
    text = try reader.text("description")
    let root = reader["root"]
    try root.holds(only: ["requires", "requires_python"])
    requires = try root.texts("requires")
    requiresPython = root["requires_python"].value?.string
    let environment = reader["environment"]
    try environment.holds(only: ["python"])
    python = environment["python"].value?.string ?? "3.12"
    options = try PackageScenario.options(reader["resolver_options"])
    for name in reader["packages"].keys {
      let package = reader["packages"][name]
      try package.holds(only: ["versions"])
      for version in package["versions"].keys {
        try package["versions"][version].holds(only: [
          "requires", "requires_python", "extras", "sdist", "wheel", "yanked", "wheel_tags",
        ])
      }
    }
    expected = try PackageScenario.expectation(reader["expected"])
    try reader["pip"].holds(only: ["asked", "satisfiable", "packages"])
  }

  private static func options(_ reader: Reader) throws -> [String?: String] {
    try reader.holds(only: ["prereleases", "no_build", "no_binary"])
    var options: [String?: String] = [:]
    if reader["prereleases"].value?.bool == true { options[nil] = " --pre" }
    for (key, option) in [("no_build", "--only-binary"), ("no_binary", "--no-binary")] where reader.keys.contains(key) {
      for package in try reader.texts(key) { options[package, default: ""] += " \(option) :all:" }
    }
    return options
  }

  private static func expectation(_ reader: Reader) throws -> Expectation {
    switch reader["satisfiable"].value?.bool {
    case true:
      try reader.holds(only: ["satisfiable", "packages", "explanation"])
      let packages = reader["packages"]
      return .packages(
        try Dictionary(uniqueKeysWithValues: packages.keys.map { ($0, try packages.text($0)) }))
    case false:
      try reader.holds(only: ["satisfiable", "code", "modules", "explanation"])
      guard let code = Diagnostic.Code(rawValue: reader["code"].value?.string ?? "unsolvable") else {
        throw Unreadable(description: "\(reader.place).code is none")
      }
      return .complaint(code, modules: reader.keys.contains("modules") ? try reader.texts("modules") : [])
    case nil: throw Unreadable(description: "\(reader.place).satisfiable is missing")
    }
  }

  // MARK: Manifest

  /// The manifest that asks for it: a module for each requirement, named as its package, with `-2` for a second one.
  func manifest(index: String) throws -> String {
    var lines = [
      "apiVersion: pinion/v1", "kind: ModuleSet", "metadata: {name: scenario}", "spec:",
      "  platform: {target: x86_64-manylinux_2_28, python: \"\(python)\"}",
      "  indexes: [{name: scenario, url: \"\(index)\"}]",
    ]
    if let requiresPython { lines.append("  python: \"\(requiresPython)\"") }
    lines.append("  modules:")
    var counts: [String: Int] = [:]
    for requirement in requires {
      guard let package = PackageName(requirement.prefix { !"[]<>=!~; ".contains($0) })?.text else {
        throw Unreadable(description: "\(name): \(requirement) has no name")
      }
      counts[package, default: 0] += 1
      let module = counts[package] == 1 ? package : "\(package)-\(counts[package] ?? 0)"
      let options = (self.options[nil] ?? "") + (self.options[package] ?? "")
      lines.append(
        "    \(module): {module: \(package.replacing("-", with: "_")), pip_name: \"\(requirement)\(options)\"}")
    }
    return lines.map { "\($0)\n" }.joined()
  }

  // MARK: Reading

  /// A table of a scenario, with the place that it is read from.
  private struct Reader {
    var value: TOMLValue?
    var place: String

    init(_ value: TOMLValue?, _ place: String) {
      self.value = value
      self.place = place
    }

    var keys: [String] { (value?.table ?? [:]).keys.sorted() }

    subscript(_ key: String) -> Reader { Reader(value?.table?[key], "\(place).\(key)") }

    func holds(only known: Set<String>) throws {
      guard let strange = Set(keys).subtracting(known).min() else { return }
      throw Unreadable(description: "\(place).\(strange) means nothing")
    }

    func text(_ key: String) throws -> String {
      guard let text = self[key].value?.string, !text.isEmpty else {
        throw Unreadable(description: "\(place).\(key) is missing")
      }
      return text
    }

    func texts(_ key: String) throws -> [String] {
      let texts = (self[key].value?.array ?? []).compactMap(\.string)
      guard !texts.isEmpty else { throw Unreadable(description: "\(place).\(key) is missing") }
      return texts
    }
  }
}
