// The standard library's `random(in:)` and `shuffled()` are not used where a seed must give the same
// numbers for good: their algorithms may change between releases.
extension RandomNumberGenerator {
  /// Returns a whole number in 0..<bound, without bias; `bound` is positive.
  @inlinable public mutating func below(_ bound: Int) -> Int {
    let bound = UInt64(bound)
    let limit = UInt64.max - UInt64.max % bound
    var drawn = next()
    while drawn >= limit { drawn = next() }
    return Int(drawn % bound)
  }

  /// Returns a number that is uniform in [0, 1), a multiple of 2⁻⁵³.
  @inlinable public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Returns a number that is uniform in (0, 1), for logarithms: never 0 and never 1.
  @inlinable public mutating func openUniform() -> Double {
    (Double(next() >> 12) + 0.5) * 0x1p-52
  }

  /// Returns the items in a random order, each order equally likely (Fisher–Yates).
  @inlinable public mutating func shuffled<Item>(_ items: [Item]) -> [Item] {
    var items = items
    for last in stride(from: items.count - 1, to: 0, by: -1) {
      items.swapAt(last, below(last + 1))
    }
    return items
  }
}
