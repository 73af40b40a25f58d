import LanguageModels
import Torch

/// A prompt with one response to it, as tokens.
struct Completion: Sendable {
  var prompt: [Int]
  var response: [Int]

  var ids: [Int] { prompt + response }
  var count: Int { prompt.count + response.count }
}

/// A packed batch of completions, with the places of their response tokens.
struct CompletionBatch {
  let tokens: TokenBatch
  /// Indices of the states that predict the response tokens, int64 [N].
  let states: Tensor
  /// Those tokens, int64 [N].
  let targets: Tensor
  /// Indices of the last token of each completion, int64 [S].
  let ends: Tensor
  let responseLengths: [Int]

  init(_ completions: [Completion], on device: Device) {
    tokens = TokenBatch(completions.map(\.ids), on: device)
    var indices: [Int] = []
    var last: [Int] = []
    var start = 0
    for completion in completions {
      let first = start + completion.prompt.count - 1
      indices.append(contentsOf: first..<(first + completion.response.count))
      start += completion.count
      last.append(start - 1)
    }
    states = Tensor(indices).to(device)
    targets = tokens.ids.selecting(0, states + 1)
    ends = Tensor(last).to(device)
    responseLengths = completions.map(\.response.count)
  }
}
