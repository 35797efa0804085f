import Model

@testable import Manifests

/// Any text as a requirement: what is read has a normal form that reads as the same, and what is not is complained of at a
/// place inside the text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: start, count: start == nil ? 0 : count), as: UTF8.self)
  let length = text.utf8.count
  let context = RequirementContext(directory: "/srv/fuzz") { $0.embedded }
  do throws(RequirementParser.Problem) {
    _ = try RequirementParser.parse(text)
  } catch { precondition((0...length).contains(error.offset), "a place outside: \(error)") }
  do throws(RequirementParser.Problem) {
    let requirement = try RequirementReader(text, context).requirement
    let normal = requirement.description
    // Extras of what has no name yet are shown, and have no form that is read.
    if requirement.name == nil, !requirement.extras.isEmpty { return 0 }
    do throws(RequirementParser.Problem) {
      let again = try RequirementReader(normal, context).requirement.description
      precondition(again == normal, "two normal forms: \(normal) and \(again)")
    } catch { preconditionFailure("the normal form is not read: \(normal): \(error)") }
  } catch { precondition((0...length).contains(error.offset), "a place outside: \(error)") }
  _ = try? SourcePattern(checking: text, location: nil)
  _ = UTCTime.seconds(text)
  _ = try? DurationText.seconds(text)
  let rules = SourceRules(layers: [
    .init(allow: [SourcePattern("https://*.example.com/*")], deny: [SourcePattern("*://evil.example/*")])
  ])
  // What another spelling of a forbidden place is, nobody may be let in by.
  if rules.refusal(of: text, isGit: true) == nil {
    precondition(text.lowercased().contains("example.com"), "it was let in: \(text)")
  }
  return 0
}
