internal import Model

extension ManifestReader {
  /// A list of requirements by name. `mayBeBare`: an override without a version lifts what others ask for; a constraint
  /// without one would say nothing.
  func constraints(_ node: YamlNode, _ name: String, mayBeBare: Bool = false) -> [Constraint] {
    let example = mayBeBare ? "[\"my-package==1.0\"]" : "[\"my-package<2\"]"
    guard !node.isNull, let items = texts(node, name, example: example) else { return [] }
    var result: [Constraint] = []
    for item in items {
      guard let requirement = constraint(item.text, item.node, name, mayBeBare) else { continue }
      let location = file.location(item.node.mark)
      // Several constraints add up; of two overrides only one can hold.
      if mayBeBare,
        let first = result.first(where: {
          $0.requirement.name == requirement.name && $0.requirement.marker == requirement.marker
        })
      {
        error(
          "'\(requirement.name)' is overridden twice, first at \(first.location)", at: item.node.mark,
          hint: "remove one of them, or give each a marker")
        continue
      }
      result.append(Constraint(requirement, location: location))
    }
    return result
  }

  private func constraint(
    _ text: String, _ node: YamlNode, _ name: String, _ mayBeBare: Bool
  ) -> IndexRequirement? {
    let noun = mayBeBare ? "an override" : "a constraint"
    do throws(RequirementParser.Problem) {
      let start = text.drop(while: \.isWhitespace)
      if RequirementReader.isURL(start) || start.hasPrefix(".") || start.hasPrefix("/") {
        let thing = RequirementReader.isURL(start) ? "URL" : "path"
        throw RequirementParser.Problem(
          message: "\(noun) names versions, and no \(thing)", offset: 0,
          hint: "declare a module with this \(thing) as its pip_name")
      }
      let parsed = try RequirementParser.parse(text)
      if parsed.url != nil {
        throw RequirementParser.Problem(
          message: "\(noun) names versions, and no URL", offset: 0,
          hint: "declare a module with this URL as its pip_name")
      }
      if !parsed.extras.isEmpty {
        throw RequirementParser.Problem(
          message: "\(noun) has no extras", offset: 0, hint: "write '\(parsed.rawName)\(parsed.specifiers)'")
      }
      if parsed.specifiers.isEmpty, !mayBeBare {
        throw RequirementParser.Problem(
          message: "the constraint on '\(parsed.rawName)' says nothing about its version", offset: 0,
          hint: "write, for instance, '\(parsed.rawName)<2'")
      }
      return IndexRequirement(name: parsed.name, specifiers: parsed.specifiers, marker: parsed.marker)
    } catch {
      let isAsWritten = node.scalar?.text == text
      self.error(
        Excerpt.withoutUserInfo(error.message), at: isAsWritten ? mark(in: node, offset: error.offset) : node.mark,
        hint: error.hint.map(Excerpt.withoutUserInfo), code: .requirementInvalid)
      return nil
    }
  }
}
