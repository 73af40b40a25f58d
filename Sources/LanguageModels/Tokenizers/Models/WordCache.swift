/// A cache of the tokens of words. It is cleared when it is full.
struct WordCache {
  static let longestWord = 64
  private static let capacity = 1 << 15
  private static let arenaLimit = 1 << 20

  private struct Entry {
    var hash: UInt64
    var start: Int32
    var length: Int32
    var firstID: Int32
    var idCount: Int32
  }

  private var entries: [Entry]
  private var count = 0
  private var arena: [UInt8] = []
  private var ids: [Int32] = []

  init() {
    entries = Array(repeating: Self.empty, count: Self.capacity)
  }

  private static let empty = Entry(hash: 0, start: -1, length: 0, firstID: 0, idCount: 0)

  /// Appends the tokens of a cached word. Returns false if the word is not cached.
  func append(_ word: UnsafeBufferPointer<UInt8>, hash: UInt64, to output: inout [Int]) -> Bool {
    let slot = slot(of: word, hash: hash)
    let entry = entries[slot]
    guard entry.start >= 0 else { return false }
    for index in Int(entry.firstID)..<Int(entry.firstID + entry.idCount) {
      output.append(Int(ids[index]))
    }
    return true
  }

  mutating func insert(
    _ word: UnsafeBufferPointer<UInt8>, hash: UInt64, tokens: ArraySlice<Int>
  ) {
    if count * 2 >= Self.capacity || arena.count + word.count > Self.arenaLimit { removeAll() }
    let slot = slot(of: word, hash: hash)
    guard entries[slot].start < 0 else { return }
    entries[slot] = Entry(
      hash: hash, start: Int32(arena.count), length: Int32(word.count),
      firstID: Int32(ids.count), idCount: Int32(tokens.count))
    arena.append(contentsOf: word)
    for token in tokens { ids.append(Int32(token)) }
    count += 1
  }

  private mutating func removeAll() {
    for index in entries.indices { entries[index] = Self.empty }
    arena.removeAll(keepingCapacity: true)
    ids.removeAll(keepingCapacity: true)
    count = 0
  }

  private func slot(of word: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int {
    let mask = Self.capacity - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while entries[slot].start >= 0, !matches(entries[slot], word, hash) { slot = (slot + 1) & mask }
    return slot
  }

  private func matches(
    _ entry: Entry, _ word: UnsafeBufferPointer<UInt8>, _ hash: UInt64
  ) -> Bool {
    guard entry.hash == hash, Int(entry.length) == word.count else { return false }
    let start = Int(entry.start)
    for index in 0..<word.count where arena[start + index] != word[index] { return false }
    return true
  }
}
