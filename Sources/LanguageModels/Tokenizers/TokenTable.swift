/// Byte strings with ids, found by open addressing without creating a `String`.
struct TokenTable: Sendable {
  private var arena: [UInt8] = []
  /// The bounds of each id's bytes; -1 for an unused id.
  private var starts: [Int32]
  private var ends: [Int32]
  /// Ids by hash; -1 for an empty slot.
  private var slots: [Int32]
  private let mask: Int
  private(set) var count = 0

  /// Creates a table for ids below `limit`.
  init(limit: Int) {
    starts = Array(repeating: -1, count: limit)
    ends = starts
    var capacity = 16
    while capacity < limit * 2 { capacity *= 2 }
    slots = Array(repeating: -1, count: capacity)
    mask = capacity - 1
  }

  /// One more than the largest id.
  var limit: Int { starts.count }

  /// Returns false if the id or the bytes are already in the table.
  mutating func insert(_ bytes: some Collection<UInt8>, id: Int) -> Bool {
    guard starts[id] < 0 else { return false }
    let start = arena.count
    arena.append(contentsOf: bytes)
    let end = arena.count
    let place = arena.withUnsafeBufferPointer {
      slot(of: UnsafeBufferPointer(rebasing: $0[start..<end]))
    }
    guard slots[place] < 0 else {
      arena.removeLast(end - start)
      return false
    }
    slots[place] = Int32(id)
    starts[id] = Int32(start)
    ends[id] = Int32(end)
    count += 1
    return true
  }

  func id(of bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
    slots[slot(of: bytes)]
  }

  func id(of text: String) -> Int? {
    var text = text
    let found = text.withUTF8 { id(of: $0) }
    return found < 0 ? nil : Int(found)
  }

  /// Returns the bytes of an id, or nil if the id is not used.
  subscript(_ id: Int) -> ArraySlice<UInt8>? {
    guard starts.indices.contains(id), starts[id] >= 0 else { return nil }
    return arena[Int(starts[id])..<Int(ends[id])]
  }

  /// Returns the slot that contains these bytes, or the empty slot where they belong.
  private func slot(of bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var slot = Int(truncatingIfNeeded: hash(bytes)) & mask
    while slots[slot] >= 0 {
      let id = Int(slots[slot])
      let start = Int(starts[id])
      let count = Int(ends[id]) - start
      if count == bytes.count {
        let isSame = arena.withUnsafeBufferPointer { arena in
          var index = 0
          while index < count, arena[start + index] == bytes[index] { index += 1 }
          return index == count
        }
        if isSame { return slot }
      }
      slot = (slot + 1) & mask
    }
    return slot
  }
}

/// A fast hash of a short byte string. It does not resist words chosen by an adversary.
@inline(__always)
func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
  var state: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(bytes.count)
  let raw = UnsafeRawBufferPointer(bytes)
  var index = 0
  while index + 8 <= raw.count {
    state = mix(state ^ raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    index += 8
  }
  var tail: UInt64 = 0
  while index < raw.count {
    tail = tail << 8 | UInt64(raw[index])
    index += 1
  }
  return mix(state ^ tail)
}

@inline(__always)
func mix(_ value: UInt64) -> UInt64 {
  let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
  return product.high ^ product.low
}
