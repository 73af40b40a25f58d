/// Byte strings by their prefixes.
struct ByteTrie: Sendable {
  private var children: MergeTable
  /// The string that ends at each node, or -1.
  private var ends: [Int32] = [-1]

  /// Creates a trie of the tokens in a table.
  init(_ table: TokenTable) {
    let total = (0..<table.limit).reduce(1) { $0 + (table[$1]?.count ?? 0) }
    children = MergeTable(count: total)
    for id in 0..<table.limit {
      guard let bytes = table[id], !bytes.isEmpty else { continue }
      var node: Int32 = 0
      for byte in bytes {
        let found = children.withView { $0.find(node, Int32(byte)) }
        if found.rank == MergeTable.noRank {
          let new = Int32(ends.count)
          children.insert(node, Int32(byte), rank: 0, merged: new)
          ends.append(-1)
          node = new
        } else {
          node = found.merged
        }
      }
      ends[Int(node)] = Int32(id)
    }
  }

  /// Calls `body` with the id and length of every string that is a prefix of `text`, shortest
  /// first.
  @inline(__always)
  func forEachPrefix(
    of text: UnsafeBufferPointer<UInt8>, from start: Int, _ body: (_ id: Int, _ length: Int) -> Void
  ) {
    children.withView { children in
      var node: Int32 = 0
      for index in start..<text.count {
        let found = children.find(node, Int32(text[index]))
        guard found.rank != MergeTable.noRank else { return }
        node = found.merged
        let id = ends[Int(node)]
        if id >= 0 { body(Int(id), index - start + 1) }
      }
    }
  }
}
