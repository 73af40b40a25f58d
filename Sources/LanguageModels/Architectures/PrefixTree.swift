/// Sequences that share common prefixes, so that each prefix is stored and computed once.
///
/// All answers to a prompt share that prompt, and all conversations share the system message. A
/// causal model's result for a token depends only on the tokens before it, so one row serves all
/// sequences with that prefix.
public struct PrefixTree {
  /// The token ids, segment by segment.
  public private(set) var ids: [Int] = []
  public private(set) var positions: [Int] = []
  /// The lengths of the segments. A segment is a run of tokens without a branch.
  public private(set) var lengths: [Int] = []
  /// For each segment, the earlier segment that it continues; −1 if it starts a sequence.
  public private(set) var parents: [Int] = []
  /// For each sequence, the rows of its tokens.
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
    // Depth first, so that a segment's tokens are adjacent and its parent comes earlier.
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

  /// Adds tokens up to a branch or an end. Returns the last node.
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
