/// Parts of a batch that are processed one after another, so that memory stays bounded.
public enum MicroBatches {
  /// Splits items, in order, into runs whose sizes add up to at most `limit` (or one large item).
  ///
  /// - Parameter shared: The size of the part that an item shares with the item before it, which is
  ///   not counted twice.
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

  /// Returns the micro-batches of a step that this process works on, and announces one backward
  /// pass for each to `workers`.
  public static func own<Item>(
    _ items: [Item], limit: Int, workers: Workers, size: (Item) -> Int
  ) throws -> [[Item]] {
    let tokens = items.reduce(0) { $0 + size($1) }
    let own = workers.share(split(items, limit: workers.limit(limit, tokens: tokens), size: size))
    try workers.expect(passes: own.count)
    return own
  }
}
