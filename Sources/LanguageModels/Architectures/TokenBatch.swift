import Torch

/// Token sequences concatenated without padding.
public struct TokenBatch {
  /// int64 [N].
  public let ids: Tensor
  /// int64 [N]: the position of each token in its sequence.
  public let positions: Tensor
  /// The length of each segment; the sum is N. Without shared prefixes, every segment is a
  /// sequence.
  public let lengths: [Int]
  /// With shared prefixes: for each segment, the segment that it continues, or −1.
  let parents: [Int]?
  /// The largest of `positions`.
  let lastPosition: Int

  /// The last position of each segment's text. With shared prefixes it is that of the longest text.
  let lastPositions: [Int]

  public var tokenCount: Int { lengths.reduce(0, +) }

  public init(_ sequences: [[Int]], on device: Device = .cpu) {
    lengths = sequences.map(\.count)
    parents = nil
    lastPosition = (lengths.max() ?? 1) - 1
    lastPositions = lengths.map { $0 - 1 }
    ids = Tensor(sequences.flatMap { $0 }).to(device)
    positions = Tensor(lengths.flatMap { Array(0..<$0) }).to(device)
  }

  /// Creates the batch of a decoding step: one token per sequence, at the given positions.
  init(step ids: [Int], positions: [Int64], on device: Device) {
    self.ids = Tensor(ids).to(device)
    self.positions = Tensor(positions.map(Int.init)).to(device)
    lastPosition = Int(positions.max() ?? 0)
    lastPositions = positions.map(Int.init)
    lengths = ids.map { _ in 1 }
    parents = nil
  }

  /// Creates the batch of a tree. Each of its tokens occurs once.
  public init(_ tree: PrefixTree, on device: Device = .cpu) {
    ids = Tensor(tree.ids).to(device)
    positions = Tensor(tree.positions).to(device)
    lengths = tree.lengths
    parents = tree.parents.allSatisfy { $0 < 0 } ? nil : tree.parents
    lastPosition = tree.positions.max() ?? 0
    lastPositions = Array(repeating: lastPosition, count: lengths.count)
  }
}
