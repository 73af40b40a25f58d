/// The merges of a byte-pair vocabulary: from a pair of ids to its rank and the id it becomes.
struct MergeTable: Sendable {
  static let noRank = UInt32.max

  private var keys: [UInt64]
  /// Rank in the upper half, merged id in the lower.
  private var values: [UInt64]
  private let mask: Int

  init(count: Int) {
    var capacity = 16
    while capacity < count + count / 2 { capacity *= 2 }
    keys = Array(repeating: .max, count: capacity)
    values = Array(repeating: .max, count: capacity)
    mask = capacity - 1
  }

  /// A pair that is inserted twice keeps the later rank, as in the `tokenizers` library.
  mutating func insert(_ left: Int32, _ right: Int32, rank: Int, merged: Int32) {
    let key = Self.key(left, right)
    let slot = keys.withUnsafeBufferPointer { Self.slot(of: key, in: $0, mask: mask) }
    keys[slot] = key
    values[slot] = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: merged))
  }

  /// A view without bounds checks, for the inner loop.
  struct View {
    let keys: UnsafeBufferPointer<UInt64>
    let values: UnsafeBufferPointer<UInt64>
    let mask: Int

    /// Returns the rank and the merged id of a pair. The rank is `noRank` if the pair is not
    /// merged.
    @inline(__always)
    func find(_ left: Int32, _ right: Int32) -> (rank: UInt32, merged: Int32) {
      let value = values[MergeTable.slot(of: MergeTable.key(left, right), in: keys, mask: mask)]
      return (
        UInt32(truncatingIfNeeded: value >> 32),
        Int32(bitPattern: UInt32(truncatingIfNeeded: value))
      )
    }
  }

  @inline(__always)
  func withView<Result>(_ body: (View) -> Result) -> Result {
    keys.withUnsafeBufferPointer { keys in
      values.withUnsafeBufferPointer { values in
        body(View(keys: keys, values: values, mask: mask))
      }
    }
  }

  @inline(__always)
  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  @inline(__always)
  private static func slot(of key: UInt64, in keys: UnsafeBufferPointer<UInt64>, mask: Int) -> Int {
    var slot = Int(truncatingIfNeeded: mix(key)) & mask
    while keys[slot] != key, keys[slot] != .max { slot = (slot + 1) & mask }
    return slot
  }
}
