internal import Model

/// Words for a reference that does not move by itself, and did.
enum MovedReference {
  /// What happened, given what was locked.
  static func message(_ reference: String?, locked pin: GitPin) -> String {
    guard let reference else { return "the repository's HEAD was moved since it was locked" }
    // What the locked commit's id begins with was no tag.
    guard pin.commit.hasPrefix(reference.lowercased()) else {
      return "the tag \(reference) was moved since it was locked"
    }
    return "the abbreviated commit \(reference) means another commit than when it was locked"
  }
}
