import Torch

/// A token that the model considers possible at a position, and its probability.
public struct Prediction: Sendable, Hashable {
  public var id: Int
  public var probability: Double
}

extension CausalLanguageModel {
  /// Returns the most likely tokens after `ids`, in descending order. Throws if `ids` is empty or
  /// too long.
  public func likeliestNext(after ids: [Int], count: Int) throws -> [Prediction] {
    try configuration.checkFits(ids)
    return try noGradient {
      try topPredictions(
        logits(TokenBatch([ids])), at: ids.count - 1, count: count, of: weights)
    }
  }

  /// Returns the mean of −log p of every token given the tokens before it, with gradients.
  public func meanLoss(of ids: [Int]) throws -> Tensor {
    try configuration.checkFits(ids, atLeast: 2)
    return -logProbabilities(TokenBatch([ids])).mean()
  }
}

extension MaskedLanguageModel {
  /// Returns the most likely tokens at each of `places`, in descending order.
  public func likeliest(at places: [Int], of ids: [Int], count: Int) throws -> [[Prediction]] {
    try configuration.checkFits(ids)
    return try noGradient {
      let logits = logits(TokenBatch([ids]))
      return try places.map {
        try topPredictions(logits, at: $0, count: count, of: parameters.all)
      }
    }
  }

  /// Returns the mean of −log p of every token at its own position, with gradients.
  public func meanLoss(of ids: [Int]) throws -> Tensor {
    try configuration.checkFits(ids)
    let batch = TokenBatch([ids])
    return -logits(batch).to(.float32).logSoftmax(1).gather(1, batch.ids.unsqueezed(1)).mean()
  }
}

extension ModelConfiguration {
  /// Throws if a sequence is too short or too long, or contains unknown ids.
  public func checkFits(_ ids: [Int], atLeast least: Int = 1) throws {
    guard (least...contextLength).contains(ids.count) else {
      throw LanguageModelError.invalid(
        "the text has \(ids.count) tokens; it must have between \(least) and \(contextLength).")
    }
    try checkKnown(ids)
  }

  /// Throws if some ids are not tokens of the model.
  public func checkKnown(_ ids: [Int]) throws {
    if let id = ids.first(where: { !(0..<vocabularySize).contains($0) }) {
      throw LanguageModelError.invalid(
        "\(id) is not a token: ids must be below \(vocabularySize).")
    }
  }
}

private func topPredictions(
  _ logits: Tensor, at place: Int, count: Int, of weights: @autoclosure () -> [Parameter]
) throws -> [Prediction] {
  let probabilities = logits[place].to(.float32).softmax(0)
  let top = probabilities.top(min(max(count, 1), probabilities.size(0)))
  try checkFinite(top.values.floats(), "logits", of: weights())
  return zip(top.indices.integers(), top.values.floats()).map {
    Prediction(id: $0, probability: Double($1))
  }
}
