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

  /// Of a step's micro-batches those that this process works on, one backward pass each: so many are
  /// announced to `Workers`.
  public static func own<Item>(
    _ items: [Item], limit: Int, size: (Item) -> Int
  ) throws -> [[Item]] {
    let tokens = items.reduce(0) { $0 + size($1) }
    let own = Workers.share(split(items, limit: Workers.limit(limit, tokens: tokens), size: size))
    try Workers.expect(passes: own.count)
    return own
  }
}
