import Foundation
import LanguageModels
import Torch

/// Log-probabilities of texts under a language model, as lm-evaluation-harness defines them.
final class LanguageScorer {
  private let model: CausalLanguageModel
  private let tokenizer: Tokenizer
  private let tokensAtOnce: Int
  /// The token that replaces an empty context.
  private let startToken: Int?

  convenience init(folder: URL, precision: Precision, tokensAtOnce: Int) throws {
    self.init(
      try CausalLanguageModel(folder: folder, precision: precision),
      tokenizer: try Tokenizer(folder: folder), tokensAtOnce: tokensAtOnce)
  }

  init(_ model: CausalLanguageModel, tokenizer: Tokenizer, tokensAtOnce: Int) {
    self.model = model
    self.tokenizer = tokenizer
    self.tokensAtOnce = tokensAtOnce
    startToken = model.configuration.beginToken ?? model.configuration.endTokens.first
  }

  /// Σ log p of each choice after its context.
  ///
  /// Context and choice are encoded together, and the context's length is that of its own encoding
  /// (`docs/recipe.md`, E1). Text beyond the context length is cut off at the start.
  func scores(_ questions: [MultipleChoice]) throws -> [[Double]] {
    let items = questions.flatMap { question in
      question.choices.map { item(context: question.context, continuation: $0) }
    }
    for item in items {
      try model.configuration.checkKnown(item.ids)
      guard !item.prompt.isEmpty else {
        throw LanguageModelError.invalid(
          "a question and its answer are both empty, and the model has no token to begin with.")
      }
    }
    let sums = noGradient {
      MicroBatches.split(items, limit: tokensAtOnce, size: \.count).flatMap { part -> [Double] in
        let batch = CompletionBatch(part, for: model)
        let sums = model.responseLogProbabilities(batch).summed(lengths: batch.responseLengths)
        return sums.floats().map(Double.init)
      }
    }
    try checkFinite(sums, "log-probabilities", of: model.weights)
    return sums.split(lengths: questions.map(\.choices.count))
  }

  private func item(context: String, continuation: String) -> TokenisedResponse {
    let trimmed = context.replacing(/\s+$/, with: "")
    let moved = context.dropFirst(trimmed.count) + continuation
    var prompt = tokenizer.encode(trimmed, addSpecialTokens: false)
    let whole = tokenizer.encode(trimmed + moved, addSpecialTokens: false)
    var response = Array(whole.dropFirst(prompt.count))
    if prompt.isEmpty { prompt = [startToken].compactMap(\.self) }
    if prompt.isEmpty, !response.isEmpty { prompt = [response.removeFirst()] }
    let limit = model.configuration.contextLength
    response = response.suffix(limit - 1)
    return TokenisedResponse(prompt: prompt.suffix(limit + 1 - response.count), response: response)
  }

  /// −log p of every token of a text, and whether it was the most likely one.
  struct Window {
    var losses: [Double]
    var hits: [Double]
  }

  /// The text in windows that follow each other; each token is predicted once.
  func windows(_ text: String) throws -> [Window] {
    let ids = [startToken].compactMap(\.self) + tokenizer.encode(text, addSpecialTokens: false)
    try model.configuration.checkKnown(ids)
    let length = min(model.configuration.contextLength, 1024)
    let parts = stride(from: 0, to: max(ids.count - 1, 0), by: length).map {
      Array(ids[$0..<min($0 + length + 1, ids.count)])
    }
    return try noGradient {
      try parts.map { part in
        let targets = Tensor(Array(part.dropFirst())).to(model.device)
        let logits = model.logits(TokenBatch([Array(part.dropLast())], on: model.device))
          .to(.float32)
        let chosen = logits.gather(1, targets.unsqueezed(1)).squeezed(1)
        let losses = (logits.logSumExp(1) - chosen).floats().map(Double.init)
        try checkFinite(losses, "log-probabilities", of: model.weights)
        return Window(
          losses: losses,
          hits: logits.argmax(1).equals(targets).to(.float32).floats().map(Double.init))
      }
    }
  }
}
