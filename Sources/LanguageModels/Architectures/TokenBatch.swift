import Torch

/// Token sequences laid end to end, without padding.
public struct TokenBatch {
  /// int64 [N].
  public let ids: Tensor
  /// int64 [N]: each token's place in its own sequence.
  public let positions: Tensor
  /// The length of each segment; their sum is N. A segment is a sequence, unless some share.
  public let lengths: [Int]
  /// Where sequences share beginnings: of each segment the one that it goes on from, or −1.
  let parents: [Int]?
  /// The largest of `positions`.
  let lastPosition: Int

  public var tokenCount: Int { lengths.reduce(0, +) }

  public init(_ sequences: [[Int]], on device: Device = .cpu) {
    lengths = sequences.map(\.count)
    parents = nil
    lastPosition = (lengths.max() ?? 1) - 1
    ids = Tensor(sequences.flatMap { $0 }).to(device)
    positions = Tensor(lengths.flatMap { Array(0..<$0) }).to(device)
  }

  /// One token a sequence, at the given positions: a decoding step.
  init(step ids: [Int], positions: [Int64], on device: Device) {
    self.ids = Tensor(ids).to(device)
    self.positions = Tensor(positions.map(Int.init)).to(device)
    lastPosition = Int(positions.max() ?? 0)
    lengths = ids.map { _ in 1 }
    parents = nil
  }

  /// The sequences of a tree, each token of which is there once.
  public init(_ tree: PrefixTree, on device: Device = .cpu) {
    ids = Tensor(tree.ids).to(device)
    positions = Tensor(tree.positions).to(device)
    lengths = tree.lengths
    parents = tree.parents.allSatisfy { $0 < 0 } ? nil : tree.parents
    lastPosition = tree.positions.max() ?? 0
  }
}
