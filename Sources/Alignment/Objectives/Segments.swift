import Torch

extension Tensor {
  /// The sums of consecutive parts of this vector [N], one a sequence: [S].
  func summed(lengths: [Int]) -> Tensor {
    var start = 0
    return .stacked(
      lengths.map { length in
        defer { start += length }
        return self[start..<(start + length)].sum()
      })
  }

  /// One number a sequence [S], repeated for each of its tokens: [N].
  func repeated(lengths: [Int]) -> Tensor {
    let owners = lengths.enumerated().flatMap { Array(repeating: $0, count: $1) }
    return selecting(0, Tensor(owners).to(device))
  }

  /// Ascending order; the gradient goes back to where each number came from.
  func sorted() -> Tensor { -((-self).top(count, 0).values) }
}
