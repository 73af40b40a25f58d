import Foundation
import Foundations
import LanguageModels
import Torch

/// A way of learning from plain text.
protocol PretrainingObjective {
  var parameters: ParameterSet { get }
  var computeType: DataType { get }
  /// Returns the tokens of a text window for which the model reads `context` tokens.
  func windowLength(context: Int) -> Int
  /// Returns the predictions to make in some windows. Random choices are drawn from `random`.
  func predictions(_ windows: [[Int]], _ random: inout RandomStream) -> [TextPrediction]
  /// Returns −log p of every target, fp32 `[M]`, and 1 for each target that was the most likely token,
  /// fp32 `[M]`.
  func losses(_ part: [TextPrediction], wantsHits: Bool) -> (losses: Tensor, hits: Tensor?)
  func save(to folder: URL, tokenizerFolder: URL) throws
}

/// One window with the tokens to predict.
struct TextPrediction {
  /// The tokens that the model reads.
  var inputs: [Int]
  /// The positions in `inputs` whose hidden states predict.
  var places: [Int]
  /// The tokens to predict at these positions.
  var targets: [Int]
}

/// Predicts every token from those before it.
struct NextTokenObjective: PretrainingObjective {
  let model: CausalLanguageModel

  var parameters: ParameterSet { model.parameters }
  var computeType: DataType { model.computeType }

  /// One more than `context`: the last token is predicted and not read.
  func windowLength(context: Int) -> Int { context + 1 }

  func predictions(_ windows: [[Int]], _ random: inout RandomStream) -> [TextPrediction] {
    windows.map {
      TextPrediction(
        inputs: Array($0.dropLast()), places: Array(0..<($0.count - 1)),
        targets: Array($0.dropFirst()))
    }
  }

  func losses(_ part: [TextPrediction], wantsHits: Bool) -> (losses: Tensor, hits: Tensor?) {
    let batch = TokenBatch(part.map(\.inputs), on: model.device)
    let targets = Tensor(part.flatMap(\.targets)).to(model.device)
    if !wantsHits {
      return (-model.logProbabilities(of: targets, states: model.hiddenStates(batch)), nil)
    }
    return logitLosses(model.logits(batch), targets)
  }

  func save(to folder: URL, tokenizerFolder: URL) throws {
    try model.save(to: folder, tokenizerFolder: tokenizerFolder)
  }
}

/// Predicts the tokens at some positions from all others (Devlin et al. 2019).
struct MaskedObjective: PretrainingObjective {
  let model: MaskedLanguageModel
  let masking: Masking

  var parameters: ParameterSet { model.parameters }
  var computeType: DataType { model.computeType }

  func windowLength(context: Int) -> Int { context }

  func predictions(_ windows: [[Int]], _ random: inout RandomStream) -> [TextPrediction] {
    windows.map { masking($0, &random) }
  }

  func losses(_ part: [TextPrediction], wantsHits: Bool) -> (losses: Tensor, hits: Tensor?) {
    var places: [Int] = []
    var start = 0
    for window in part {
      places += window.places.map { start + $0 }
      start += window.inputs.count
    }
    let logits = model.logits(TokenBatch(part.map(\.inputs)), at: Tensor(places))
    return logitLosses(logits, Tensor(part.flatMap(\.targets)))
  }

  func save(to folder: URL, tokenizerFolder: URL) throws {
    try model.save(to: folder, tokenizerFolder: tokenizerFolder)
  }
}

private func logitLosses(_ logits: Tensor, _ targets: Tensor) -> (losses: Tensor, hits: Tensor?) {
  let logits = logits.to(.float32)
  let chosen = logits.gather(1, targets.unsqueezed(1)).squeezed(1)
  return (logits.logSumExp(1) - chosen, logits.argmax(1).equals(targets).to(.float32))
}
