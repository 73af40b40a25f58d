/// How far apart rows of one prompt may be to be joined.
package struct RowWindow: Sendable {
  /// The most prompts that wait for further rows.
  package var prompts = 40_000
  /// The most bytes of their texts.
  package var bytes = 32 << 20
  /// The most rows that are joined: each is compared with those before it.
  package var rows = 1000

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
    var complete: [(group: RowGroup, count: Int)] = []
    if let full = open[key], full.members.count >= window.rows {
      complete += close(key)
    }
    bytes += group.size
    if open[key]?.add(group) == nil {
      open[key] = group
      if closed.contains(key) { open[key]?.isLate = true }
      order.append(key)
    }
    while order.count > window.prompts || bytes > window.bytes, let oldest = order.popFirst() {
      complete += close(oldest)
    }
    return complete
  }

  private mutating func close(_ key: Int) -> [(group: RowGroup, count: Int)] {
    guard let group = open.removeValue(forKey: key) else { return [] }
    bytes -= group.size
    closed.insert(key)
    return group.joined()
  }

  /// Returns all groups that are left, in the order of their first rows.
  mutating func finish() -> [(group: RowGroup, count: Int)] {
    defer { self = RowGroups(window) }
    var complete: [(group: RowGroup, count: Int)] = []
    for key in order { complete += close(key) }
    return complete
  }
}
