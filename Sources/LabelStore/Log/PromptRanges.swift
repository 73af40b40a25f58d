import PreferenceData

/// Prompts as ranges of row ids, in the form that events contain: `[[first, last], …]`.
struct PromptRanges: Sendable, Equatable {
  private(set) var ids = RangeSet<Int64>()

  var isEmpty: Bool { ids.isEmpty }

  init() {}

  init(_ prompts: some Sequence<PromptID>) {
    for prompt in prompts { add(prompt) }
  }

  init(json: JSONValue?) {
    for pair in json?.arrayValue ?? [] {
      guard let bounds = pair.arrayValue, bounds.count == 2, let first = bounds[0].int64,
        let last = bounds[1].int64, first > 0, first <= last, last < .max
      else { continue }
      ids.insert(contentsOf: first..<last + 1)
    }
  }

  mutating func add(_ prompt: PromptID) {
    // Row ids of SQLite stay below the greatest number.
    guard prompt.rawValue < .max else { return }
    ids.insert(contentsOf: prompt.rawValue..<prompt.rawValue + 1)
  }

  mutating func formUnion(_ other: PromptRanges) { ids.formUnion(other.ids) }

  mutating func subtract(_ other: PromptRanges) { ids.subtract(other.ids) }

  func difference(from other: PromptRanges) -> PromptRanges {
    var difference = PromptRanges()
    difference.ids = ids.symmetricDifference(other.ids)
    return difference
  }

  /// The lowest row id.
  var first: Int64? { ids.ranges.first?.lowerBound }

  /// The number of prompts. Wraps around if a damaged log names more than there can be.
  var count: Int { ids.ranges.reduce(0) { $0 &+ Int($1.upperBound &- $1.lowerBound) } }

  var json: JSONValue {
    .array(
      ids.ranges.map { range in
        .array([.integer(Int(range.lowerBound)), .integer(Int(range.upperBound - 1))])
      })
  }
}
