/// Parts of a batch that are worked on one after another so that memory stays bounded.
public enum MicroBatches {
  /// Splits items, in order, into runs whose sizes add up to at most `limit` (or one large item).
  ///
  /// - Parameter shared: What an item has in common with the one before it, and does not add.
  public static func split<Item>(
    _ items: [Item], limit: Int, size: (Item) -> Int, shared: (Item, Item) -> Int = { _, _ in 0 }
  ) -> [[Item]] {
    var batches: [[Item]] = []
    var current: [Item] = []
    var total = 0
    for item in items {
      let length = size(item)
      let added = length - (current.last.map { shared($0, item) } ?? 0)
      if !current.isEmpty, total + added > limit {
        batches.append(current)
        (current, total) = ([item], length)
      } else {
        current.append(item)
        total += added
      }
    }
    if !current.isEmpty { batches.append(current) }
    return batches
  }

  /// Of a step's micro-batches those that this process works on.
  public static func own<Item>(_ items: [Item], limit: Int, size: (Item) -> Int) -> [[Item]] {
    let tokens = items.reduce(0) { $0 + size($1) }
    return Workers.share(split(items, limit: Workers.limit(limit, tokens: tokens), size: size))
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
