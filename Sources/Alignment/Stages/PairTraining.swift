import Foundation
import LanguageModels
import PreferenceData
import Torch

/// What all stages on pairs share: data, the step, what is watched, and the result.
struct PairTraining {
  let name: String
  let request: StageRequest
  let epochs: Int
  let batch: Int
  let pairs: PairChoice
  let needsReference: Bool

  /// The loss of a micro-batch, given the pairs and the chosen tokens of its whole step.
  typealias Loss = (PairLogProbabilities, _ pairs: Int, _ tokens: Int) -> Tensor

  func run(_ loss: Loss) throws -> StageSummary {
    let options = try request.settings.section(TrainingOptions.self).checked()
    let progress = ProgressReport(stage: name, style: request.progress)
    let dataset = try PreferenceDataset(path: request.dataset)
    let tuned = try ReferencedModel(
      folder: request.model, options: options, needsReference: needsReference)
    let encoder = try ConversationEncoder(
      folder: request.model, configuration: tuned.model.configuration,
      maxLength: options.maxLength)
    var counts = DataCounts(maxLength: encoder.maxLength)
    let train = PairExample.examples(dataset.records(.train), pairs, encoder, &counts.train)
    let held = PairExample.examples(
      dataset.records(.validation), pairs, encoder, &counts.validation)
    guard !train.isEmpty else {
      throw AlignmentError.tooLittleData(
        """
        \(request.dataset): no judgement of the training split prefers one answer to another that \
        reads differently\(counts.train.summary(maxLength: encoder.maxLength).map { " (\($0))" } ?? "").
        """)
    }
    counts.tell(progress)
    let run = try RunFolder(request)
    let training = OfflineTraining(
      stage: name, examples: train, epochs: epochs, batch: batch, options: options, run: run,
      progress: progress)
    var metrics = try heldOut(tuned, held, options, loss, "Before")
    metrics["trainLoss"] = .number(
      try training(tuned.model.trainedParameters) { try accumulate(tuned, $0, options, loss) })
    metrics.merge(try heldOut(tuned, held, options, loss, "After")) { $1 }
    metrics["pairs"] = .integer(train.count)
    metrics["heldOutPairs"] = .integer(held.count)
    metrics["data"] = counts.json
    return try run.finish(
      tuned.model, metrics: metrics, options: options, request: request, progress: progress)
  }

  private func accumulate(
    _ tuned: ReferencedModel, _ batch: [PairExample], _ options: TrainingOptions, _ loss: Loss
  ) throws -> [String: Double] {
    let tokens = batch.reduce(0) { $0 + $1.chosen.response.count }
    var sums = ["loss": 0.0]
    for part in try MicroBatches.own(batch, limit: options.microBatchTokens, size: \.tokenCount) {
      let pairs = tuned.logProbabilities(part, needsReference: needsReference)
      let value = loss(pairs, batch.count, tokens)
      value.backward()
      sums["loss", default: 0] += value.item()
      sums.merge(watched(pairs, of: batch.count)) { $0 + $1 }
    }
    return sums
  }

  /// The absolute log-probabilities beside the margin: both may fall while the margin grows
  /// (engine notes 2.5).
  private func watched(_ pairs: PairLogProbabilities, of count: Int) -> [String: Double] {
    noGradient {
      func mean(_ values: Tensor) -> Double { values.sum().item() / Double(count) }
      return [
        "chosenLogProbability": mean(pairs.chosen), "rejectedLogProbability": mean(pairs.rejected),
        "margin": mean(pairs.difference),
        "accuracy": mean((pairs.difference .> 0).to(.float32)),
      ]
    }
  }

  private func heldOut(
    _ tuned: ReferencedModel, _ held: [PairExample], _ options: TrainingOptions, _ loss: Loss,
    _ suffix: String
  ) throws -> [String: JSONValue] {
    guard !held.isEmpty else { return [:] }
    return noGradient {
      let tokens = held.reduce(0) { $0 + $1.chosen.response.count }
      var sums: [String: Double] = [:]
      for part in MicroBatches.split(held, limit: options.microBatchTokens, size: \.tokenCount) {
        let pairs = tuned.logProbabilities(part, needsReference: needsReference)
        sums["loss", default: 0] += loss(pairs, held.count, tokens).item()
        sums.merge(watched(pairs, of: held.count)) { $0 + $1 }
      }
      return Dictionary(
        uniqueKeysWithValues: sums.map { key, value in
          ("validation" + key.prefix(1).uppercased() + key.dropFirst() + suffix, .number(value))
        })
    }
  }
}
