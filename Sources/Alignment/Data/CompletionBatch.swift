import LanguageModels
import Torch

/// A prompt with one response to it, as tokens.
package struct TokenisedResponse: Sendable, Codable {
  package var prompt: [Int]
  package var response: [Int]

  package init(prompt: [Int], response: [Int]) {
    self.prompt = prompt
    self.response = response
  }

  var ids: [Int] { prompt + response }
  var count: Int { prompt.count + response.count }

  /// The response tokens that have one before them; the first of a text is predicted from nothing.
  var predicted: ArraySlice<Int> { prompt.isEmpty ? response.dropFirst() : response[...] }

  /// Tokens that both begin with, which a batch holds once.
  func sharedCount(with other: TokenisedResponse) -> Int {
    zip(ids, other.ids).prefix { $0 == $1 }.count
  }
}

extension [TokenisedResponse] {
  /// Tokens of these completions in one batch, where each shares a beginning with the one before.
  var tokenCount: Int {
    reduce(0) { $0 + $1.count }
      - zip(self, dropFirst()).reduce(0) { $0 + $1.0.sharedCount(with: $1.1) }
  }
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

  /// Lays completions end to end; what they begin with in common is computed once, unless the
  /// model's tokens see what comes later.
  init(_ completions: [TokenisedResponse], for model: CausalLanguageModel) {
    let sequences = completions.map(\.ids)
    let rows: [[Int]]
    if model.looksAhead {
      tokens = TokenBatch(sequences, on: model.device)
      var start = 0
      rows = sequences.map { sequence in
        defer { start += sequence.count }
        return Array(start..<(start + sequence.count))
      }
    } else {
      let tree = PrefixTree(sequences)
      tokens = TokenBatch(tree, on: model.device)
      rows = tree.rows
    }
    let predictors = zip(completions, rows).flatMap { completion, rows in
      rows.dropLast().suffix(completion.predicted.count)
    }
    states = Tensor(Array(predictors)).to(model.device)
    targets = Tensor(completions.flatMap(\.predicted)).to(model.device)
    ends = Tensor(rows.compactMap(\.last)).to(model.device)
    responseLengths = completions.map(\.predicted.count)
  }
}
