import Torch

/// The likelihood of a token of a text, and the most likely tokens at its position.
public struct TokenLikelihood: Sendable {
  public let logProbability: Float
  /// In descending order of probability.
  public let alternatives: [(id: Int, logProbability: Float)]
}

extension CausalLanguageModel {
  /// Returns the likelihood of every token of `ids` except the first, given the tokens before it.
  /// Works in pieces, so that [N, V] is never in memory; `output` turns the hidden states [N, D] of
  /// `ids` into logits.
  func likelihoods(
    of ids: [Int], states: Tensor, alternatives count: Int, output: (Tensor) -> Tensor
  ) -> [TokenLikelihood] {
    noGradient {
      let rows = max(1, (1 << 22) / configuration.vocabularySize)
      return stride(from: 0, to: ids.count - 1, by: rows).flatMap { start in
        let end = min(start + rows, ids.count - 1)
        let logits = output(states[start..<end]).to(.float32).logSoftmax(1)
        return read(logits, targets: Array(ids[(start + 1)...end]), count: count)
      }
    }
  }

  private func read(_ logits: Tensor, targets: [Int], count: Int) -> [TokenLikelihood] {
    let chosen = logits.gather(1, Tensor(targets, [targets.count, 1])).floats()
    guard count > 0 else {
      return chosen.map { TokenLikelihood(logProbability: $0, alternatives: []) }
    }
    let width = min(count, logits.size(1))
    let top = logits.top(width)
    let (ids, values) = (top.indices.integers(), top.values.floats())
    return chosen.enumerated().map { row, logProbability in
      TokenLikelihood(
        logProbability: logProbability,
        alternatives: (row * width..<(row + 1) * width).map { (ids[$0], values[$0]) })
    }
  }
}
