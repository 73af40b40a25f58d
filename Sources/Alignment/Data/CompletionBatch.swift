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

  /// The response tokens that have a token before them. The first token of a text is not predicted.
  var predicted: ArraySlice<Int> { prompt.isEmpty ? response.dropFirst() : response[...] }

  /// Returns the number of tokens in the common beginning of both, which a batch contains once.
  func sharedCount(with other: TokenisedResponse) -> Int {
    zip(ids, other.ids).prefix { $0 == $1 }.count
  }
}

extension [TokenisedResponse] {
  /// The tokens of these responses in one batch, in which neighbours share their common beginning.
  var tokenCount: Int {
    reduce(0) { $0 + $1.count }
      - zip(self, dropFirst()).reduce(0) { $0 + $1.0.sharedCount(with: $1.1) }
  }
}

/// A packed batch of prompts with responses, and the positions of the response tokens.
struct CompletionBatch {
  let tokens: TokenBatch
  /// Indices of the hidden states that predict the response tokens, int64 `[N]`.
  let states: Tensor
  /// The response tokens, int64 `[N]`.
  let targets: Tensor
  /// Indices of the last token of each response, int64 `[S]`.
  let ends: Tensor
  let responseLengths: [Int]

  /// Packs the sequences end to end. A common beginning is computed once, unless the model attends to
  /// later tokens.
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
