import Testing

@testable import Resolution

/// Held against a made-up resolver, for which a set has no solution when it holds all of one of a few groups.
@Suite struct MinimalSetTests {
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64
    /// SplitMix64 (Steele, Lea, Flood, 2014).
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  @Test(arguments: 0..<200) func leavingOutAnyOneOfThemWouldDo(_ seed: Int) async {
    var numbers = Numbers(state: UInt64(seed))
    let all = Array(0..<Int.random(in: 1...60, using: &numbers))
    let groups = (0..<Int.random(in: 1...3, using: &numbers)).map { _ in
      Set((0..<Int.random(in: 1...5, using: &numbers)).compactMap { _ in all.randomElement(using: &numbers) })
    }
    func isUnsolvable(_ parts: [Int]) -> Bool { groups.contains { $0.isSubset(of: parts) } }
    var runs = 0
    let found = await MinimalSet.find(in: all) { parts in
      runs += 1
      #expect(!parts.isEmpty && parts.count < all.count)
      return isUnsolvable(parts)
    }
    #expect(found.isMinimal && isUnsolvable(found.parts))
    #expect(found.parts == found.parts.sorted())
    for part in found.parts where found.parts.count > 1 {
      #expect(!isUnsolvable(found.parts.filter { $0 != part }), "\(found.parts) without \(part)")
    }
    // No more than asking for each part by itself, and for the halves on the way.
    #expect(runs <= 2 * all.count + 2)
  }

  @Test func twoOfManyTakeFewRuns() async {
    var runs = 0
    let found = await MinimalSet.find(in: Array(0..<180)) { parts in
      runs += 1
      return Set([17, 140]).isSubset(of: parts)
    }
    #expect(found == MinimalSet(parts: [17, 140], isMinimal: true))
    #expect(runs <= 32, "\(runs)")
  }

  @Test func whatEndsTheSearchLeavesWhatIsKnown() async {
    var left = 3
    let found = await MinimalSet.find(in: Array(0..<32)) { parts in
      guard left > 0 else { return nil }
      left -= 1
      return parts.contains(5)
    }
    #expect(!found.isMinimal && found.parts.contains(5) && found.parts.count < 32)
  }

  @Test func oneAloneIsAskedForNothing() async {
    let found = await MinimalSet.find(in: ["only"]) { _ in
      Issue.record("nobody is to be asked")
      return nil
    }
    #expect(found == MinimalSet(parts: ["only"], isMinimal: true))
  }
}
