import Foundations

/// Where the windows of a text begin: side by side, so that an epoch reads every token once, and
/// moved along from epoch to epoch, so that they are not cut at the same places.
package struct WindowPlan {
  private let tokens: Int
  private let length: Int
  private let stride: Int
  private let seed: Int
  /// Windows of an epoch.
  package let count: Int

  package init(tokens: Int, length: Int, stride: Int, seed: Int) {
    precondition(tokens >= length && stride > 0, "the text does not fill one window")
    self.tokens = tokens
    self.length = length
    self.stride = stride
    self.seed = seed
    // One less than fits, which leaves room to move; at least one.
    count = max((tokens - length) / stride, 1)
  }

  /// The first token of window `number`, the `drawn`-th to be read since the run began.
  package func start(of number: Int, drawn: Int) -> Int {
    var random = RandomStream(seed: seed, .windowShift, drawn / count)
    let room = min(stride, tokens - length - (count - 1) * stride + 1)
    return number * stride + random.below(room)
  }
}
