/// Parts of a batch that are worked on one after another so that memory stays bounded.
public enum MicroBatches {
  /// Splits items, in order, into runs whose sizes add up to at most `limit` (or one large item).
  public static func split<Item>(_ items: [Item], limit: Int, size: (Item) -> Int) -> [[Item]] {
    var batches: [[Item]] = []
    var current: [Item] = []
    var total = 0
    for item in items {
      let length = size(item)
      if !current.isEmpty, total + length > limit {
        batches.append(current)
        (current, total) = ([], 0)
      }
      current.append(item)
      total += length
    }
    if !current.isEmpty { batches.append(current) }
    return batches
  }
}

/// The order in which examples are visited, epoch after epoch (SplitMix64 and Fisher–Yates).
struct DataOrder {
  var state: UInt64

  init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  mutating func shuffled<Item>(_ items: [Item]) -> [Item] {
    var items = items
    for last in stride(from: items.count - 1, to: 0, by: -1) {
      items.swapAt(last, Int(next() % UInt64(last + 1)))
    }
    return items
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
