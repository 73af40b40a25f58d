import Foundation
import Foundations
import LanguageModels
import PreferenceData
import Torch

/// The loss of a policy, through tuning, in predicting text unrelated to the preferences
/// (Ouyang et al. 2022, section 4.2: the alignment tax).
struct AlignmentTax {
  /// The text file.
  let path: String
  let tokenizer: Tokenizer

  /// Throws when the text cannot be read, or has tokens that the model has not: to be known before
  /// training, not after it.
  static func check(_ path: String, model folder: URL) throws {
    let text = try TextBlocks.text(path)
    let tokenizer = try Tokenizer(folder: folder)
    let check = TokenCheck(path, tokenizer, try ModelConfiguration(folder: folder))
    try check.checkIDs(tokenizer.encode(text, addSpecialTokens: false), of: nil)
  }

  /// {"before", "after": {"perplexity", "nextTokenAccuracy"}, "tax": {value, low, high}}: the rise
  /// of −log p in nats a token, with a paired bootstrap over windows of the text.
  func measure(_ tuned: CausalLanguageModel, request: StageRequest, options: TrainingOptions) throws
    -> JSONValue
  {
    let text = try TextBlocks.text(path)
    func windows(_ model: CausalLanguageModel) throws -> [LanguageScorer.Window] {
      try LanguageScorer(model, tokenizer: tokenizer, tokensAtOnce: options.microBatchTokens)
        .windows(text)
    }
    let after = try windows(tuned)
    let before =
      tuned.hasAdapters
      ? try tuned.withoutAdapters { try windows(tuned) }
      : try windows(CausalLanguageModel(folder: request.model, precision: options.precision))
    let rises = zip(before, after).map { zip($0.losses, $1.losses).map { $1 - $0 } }
    guard let tax = Bootstrap.mean(of: rises) else {
      throw AlignmentError.tooLittleData("\(path): there is no text to measure the policy on.")
    }
    return [
      "before": Self.numbers(before), "after": Self.numbers(after),
      "tax": [
        "value": .number(tax.value), "low": .number(tax.low), "high": .number(tax.high),
      ],
    ]
  }

  private static func numbers(_ windows: [LanguageScorer.Window]) -> JSONValue {
    let losses = windows.flatMap(\.losses)
    let count = Double(max(losses.count, 1))
    return [
      "perplexity": .number(exp(losses.reduce(0, +) / count)),
      "nextTokenAccuracy": .number(windows.flatMap(\.hits).reduce(0, +) / count),
    ]
  }
}
