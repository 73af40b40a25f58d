/// How far apart rows of one prompt may be to be joined.
package struct RowWindow: Sendable {
  /// The most prompts that wait for further rows.
  package var prompts = 40_000
  /// The most bytes of their texts.
  package var bytes = 32 << 20

  package init() {}
}

/// The groups that may still receive rows: the last few thousand, or those of the last megabytes.
///
/// Rows of one prompt usually follow each other or are a shuffled file's length apart. Memory is
/// bounded, so rows that are further apart become separate prompts, with a notice.
struct RowGroups {
  private let window: RowWindow
  private var open: [Int: RowGroup] = [:]
  private var order: ArraySlice<Int> = []
  private var bytes = 0
  private var closed: Set<Int> = []

  init(_ window: RowWindow) { self.window = window }

  /// Adds a row to its group; returns the oldest groups when there are too many.
  mutating func add(_ group: RowGroup) -> [(group: RowGroup, count: Int)] {
    let key = group.key
    bytes += group.size
    if open[key]?.add(group) == nil {
      open[key] = group
      if closed.contains(key) { open[key]?.isLate = true }
      order.append(key)
    }
    var complete: [(group: RowGroup, count: Int)] = []
    while order.count > window.prompts || bytes > window.bytes, let oldest = order.popFirst() {
      guard let group = open.removeValue(forKey: oldest) else { continue }
      bytes -= group.size
      closed.insert(oldest)
      complete += group.joined()
    }
    return complete
  }

  /// Returns all groups that are left, in the order of their first rows.
  mutating func finish() -> [(group: RowGroup, count: Int)] {
    defer { self = RowGroups(window) }
    return order.flatMap { open[$0]?.joined() ?? [] }
  }
}
