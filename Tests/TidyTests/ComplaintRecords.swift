import Glibc

/// What the snapshots of the repository show, as one text.
struct ComplaintRecords {
  /// Ends with a zero, as C wants it.
  private let text: [UInt8]

  init(_ snapshots: [SourceFile]) {
    text = Array(snapshots.map { $0.lines.joined(separator: "\n") }.joined(separator: "\n").utf8) + [0]
  }

  /// Whether a line shows the complaint: its pieces in their order. A piece that a line of its own follows ends there.
  func show(_ complaint: Complaint) -> Bool {
    let pieces = complaint.pieces.map { Array($0.utf8) }.filter { !$0.isEmpty }
    guard let longest = pieces.max(by: { $0.count < $1.count }) else { return false }
    var start = 0
    while let place = find(longest, from: start, to: text.count) {
      let begin = text[..<place].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
      let end = text[place...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
      if stand(pieces, from: begin, to: end) { return true }
      start = end
    }
    return false
  }

  private func stand(_ pieces: [[UInt8]], from begin: Int, to end: Int) -> Bool {
    var start = begin
    for piece in pieces {
      guard let place = find(piece, from: start, to: end) else { return false }
      start = place + piece.count
    }
    return true
  }

  private func find(_ piece: [UInt8], from start: Int, to end: Int) -> Int? {
    guard start < end else { return nil }
    return text.withUnsafeBytes { all -> Int? in
      (piece + [0]).withUnsafeBytes { sought -> Int? in
        guard let base = all.baseAddress?.assumingMemoryBound(to: CChar.self),
          let sought = sought.baseAddress?.assumingMemoryBound(to: CChar.self),
          let found = strstr(base + start, sought),
          UnsafePointer(found) - base + piece.count <= end
        else { return nil }
        return UnsafePointer(found) - base
      }
    }
  }
}
