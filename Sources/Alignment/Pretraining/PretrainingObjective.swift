import Foundation
import Foundations
import LanguageModels
import Torch

/// What tells one way of learning from plain text from another.
protocol PretrainingObjective {
  var parameters: ParameterSet { get }
  var computeType: DataType { get }
  /// Tokens of a window of the text, for `context` tokens that the model reads.
  func windowLength(context: Int) -> Int
  /// What is to be predicted in some windows, drawn from `random` where there is a choice.
  func predictions(_ windows: [[Int]], _ random: inout RandomStream) -> [TextPrediction]
  /// −log p of every target, fp32 [M], and whether it was the likeliest, fp32 [M].
  func losses(_ part: [TextPrediction], wantsHits: Bool) -> (losses: Tensor, hits: Tensor?)
  func save(to folder: URL, tokenizerFolder: URL) throws
}

/// One window as a model reads it, and what it should say where.
struct TextPrediction {
  /// What the model reads.
  var inputs: [Int]
  /// Places in `inputs` whose state predicts.
  var places: [Int]
  /// The tokens that belong there.
  var targets: [Int]
}

/// Every token given those before it.
struct NextTokenObjective: PretrainingObjective {
  let model: CausalLanguageModel

  var parameters: ParameterSet { model.parameters }
  var computeType: DataType { model.computeType }

  /// One more: the last token is predicted, never read.
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

/// The tokens at some places given all others (Devlin et al. 2019).
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
