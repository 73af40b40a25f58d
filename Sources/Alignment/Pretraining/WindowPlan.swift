import Foundations

/// The start of each window of a text. Windows are adjacent, so that an epoch reads every token once,
/// and shifted from epoch to epoch, so that the boundaries differ.
package struct WindowPlan {
  private let tokens: Int
  private let length: Int
  private let stride: Int
  private let seed: Int
  /// Windows per epoch.
  package let count: Int

  package init(tokens: Int, length: Int, stride: Int, seed: Int) {
    precondition(tokens >= length && stride > 0, "the text does not fill one window")
    self.tokens = tokens
    self.length = length
    self.stride = stride
    self.seed = seed
    // One fewer than fits, which leaves room for the shift; at least one.
    count = max((tokens - length) / stride, 1)
  }

  /// Returns the index of the first token of window `number`, the `drawn`-th window of the run.
  package func start(of number: Int, drawn: Int) -> Int {
    var random = RandomStream(seed: seed, .windowShift, drawn / count)
    let room = min(stride, tokens - length - (count - 1) * stride + 1)
    return number * stride + random.below(room)
  }
}
