/// Sequences whose common beginnings are kept, and computed, once.
///
/// Answers to one prompt share it, and all conversations share the system's words. What a causal
/// model computes for a token depends on what stands before it alone, so one row serves them all.
public struct PrefixTree {
  /// Tokens and their places in their sequences, segment by segment.
  public private(set) var ids: [Int] = []
  public private(set) var positions: [Int] = []
  /// Runs of tokens between branches.
  public private(set) var lengths: [Int] = []
  /// Of each segment the one that it goes on from, which stands before it; −1 at a beginning.
  public private(set) var parents: [Int] = []
  /// Of each sequence the rows of its tokens.
  public private(set) var rows: [[Int]] = []

  private struct Node {
    let id: Int
    let position: Int
    var children: [(id: Int, node: Int)] = []
    var row = 0
  }

  public init(_ sequences: [[Int]]) {
    var nodes: [Node] = []
    var roots: [(id: Int, node: Int)] = []
    let paths = sequences.map { Self.insert($0, &nodes, &roots) }
    // Depth first, so that a segment's tokens follow one another and its parent comes earlier.
    var waiting = roots.reversed().map { (node: $0.node, parent: -1) }
    while let next = waiting.popLast() {
      let last = addSegment(from: next.node, parent: next.parent, &nodes)
      let segment = lengths.count - 1
      waiting += nodes[last].children.reversed().map { (node: $0.node, parent: segment) }
    }
    rows = paths.map { $0.map { nodes[$0].row } }
  }

  private static func insert(
    _ sequence: [Int], _ nodes: inout [Node], _ roots: inout [(id: Int, node: Int)]
  ) -> [Int] {
    var path: [Int] = []
    for (position, id) in sequence.enumerated() {
      let siblings = path.last.map { nodes[$0].children } ?? roots
      if let known = siblings.first(where: { $0.id == id }) {
        path.append(known.node)
        continue
      }
      nodes.append(Node(id: id, position: position))
      let link = (id: id, node: nodes.count - 1)
      if let parent = path.last { nodes[parent].children.append(link) } else { roots.append(link) }
      path.append(link.node)
    }
    return path
  }

  /// Adds tokens until a branch or an end; returns the last node.
  private mutating func addSegment(from first: Int, parent: Int, _ nodes: inout [Node]) -> Int {
    var node = first
    let start = ids.count
    while true {
      nodes[node].row = ids.count
      ids.append(nodes[node].id)
      positions.append(nodes[node].position)
      guard nodes[node].children.count == 1 else { break }
      node = nodes[node].children[0].node
    }
    lengths.append(ids.count - start)
    parents.append(parent)
    return node
  }
}
