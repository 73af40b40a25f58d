import Foundation
import LanguageModels
import PreferenceData
import Torch

/// The parts that all stages on pairs share: data, training step, recorded numbers and report.
struct PairTraining {
  let name: String
  let request: StageRequest
  let epochs: Int
  let batch: Int
  let pairs: PairChoice
  let needsReference: Bool
  /// Whether the loss of a step is not a sum over its pairs.
  let mixesPairs: Bool

  /// Computes the loss of some pairs, given the number of pairs and of chosen tokens of the whole
  /// step.
  typealias Loss = (PairLogProbabilities, _ pairs: Int, _ tokens: Int) -> Tensor

  func run(_ loss: @escaping Loss) throws -> StageReport {
    let options = try request.settings.section(TrainingOptions.self)
    let progress = ProgressReport(stage: name, style: request.progress)
    let inputs = try RunInputs(request)
    if let finished = try inputs.resume(request, progress) { return finished }
    let dataset = try TrainingDataset(
      paths: request.datasets, options: request.settings.section(DataOptions.self))
    try dataset.check(
      [.judgement, .comparison], for: name,
      "a better and a worse answer, as in rows with “prompt”, “chosen” and “rejected”")
    let tuned = try ReferencedModel(
      folder: request.model, options: options, needsReference: needsReference)
    let encoder = try ConversationEncoder(
      folder: request.model, configuration: tuned.model.configuration,
      maxLength: options.maxLength, chatTemplate: options.chatTemplate)
    tuned.model.addEndToken(encoder.endToken)
    var counts = DataCounts(maxLength: encoder.maxLength)
    let train = try PairExample.examples(dataset.rows(.train), pairs, encoder, &counts.train)
    let held = try PairExample.examples(
      dataset.rows(.validation), pairs, encoder, &counts.validation)
    guard !train.isEmpty else {
      throw AlignmentError.tooLittleData(
        """
        \(request.dataset): no judgement in the training split prefers one answer to another with \
        different tokens\(counts.train.summary(maxLength: encoder.maxLength).map { " (\($0))" } ?? "").
        """)
    }
    let plan = try dataset.mix.plan(files: train.map(\.file))
    try OfflineSettings.check(
      examples: plan.length, epochs: epochs, batch: batch, options: options)
    try TokenCheck(dataset, encoder, tuned.model.configuration)(train + held)
    dataset.tell(progress)
    counts.tell(progress)
    let run = try StageFolder(request, inputs)
    let measurement = try HeldOutMeasurement(
      request.settings.section(HeldOutOptions.self), parameters: tuned.model.trainedParameters,
      run: run
    ) { try measure(tuned, held, options, loss) }
    let training = OfflineTraining(
      stage: name, examples: train, plan: plan, epochs: epochs, batch: batch, options: options,
      run: run, progress: progress, heldOut: held.isEmpty ? nil : measurement)
    var metrics = try heldOut(tuned, held, options, loss, "Before")
    try metrics.checkFinite()
    metrics["trainLoss"] = .number(
      try training(tuned.model.trainedParameters) { try accumulate(tuned, $0, options, loss) })
    metrics.merge(try heldOut(tuned, held, options, loss, "After")) { $1 }
    metrics.merge(measurement.metrics) { $1 }
    metrics["pairs"] = .integer(train.count)
    metrics["heldOutPairs"] = .integer(held.count)
    metrics["data"] = counts.json
    return try run.finish(
      tuned.model, metrics: metrics, options: options, request: request, progress: progress)
  }

  private func accumulate(
    _ tuned: ReferencedModel, _ batch: [PairExample], _ options: TrainingOptions, _ loss: Loss
  ) throws -> [String: Double] {
    let workers = request.workers
    let tokens = batch.reduce(0) { $0 + $1.chosen.response.count }
    let parts = try MicroBatches.own(
      batch, limit: options.microBatchTokens, workers: workers, size: \.tokenCount)
    let mixed =
      mixesPairs ? try mixedLoss(tuned, parts) { loss($0, batch.count, tokens) } : nil
    var sums = ["loss": mixed?.value ?? 0]
    for (index, part) in parts.enumerated() {
      let pairs = tuned.logProbabilities(part, needsReference: needsReference)
      if let slopes = mixed?.slopes[index] {
        slopes.product(with: pairs).backward()
      } else {
        let value = loss(pairs, batch.count, tokens)
        value.backward()
        sums["loss", default: 0] += value.item()
      }
      sums.merge(watched(pairs, of: batch.count)) { $0 + $1 }
    }
    return sums
  }

  /// Returns the loss of a step that is not a sum over pairs, and its derivatives by the
  /// log-probabilities of each micro-batch. The gradient then does not depend on the division into
  /// micro-batches.
  ///
  /// Each micro-batch is computed twice: here without a graph, and later with one, when its
  /// log-probabilities are multiplied by these derivatives (the chain rule).
  private func mixedLoss(
    _ tuned: ReferencedModel, _ parts: [[PairExample]],
    _ loss: (PairLogProbabilities) -> Tensor
  ) throws -> (value: Double, slopes: [PairSlopes]) {
    let own = noGradient {
      parts.flatMap { tuned.logProbabilities($0, needsReference: needsReference).rows }
    }
    let all = try request.workers.gather(own)
    let step = PairLogProbabilities(rows: Array(all.joined()))
    step.chosen.requiresGradient = true
    step.rejected.requiresGradient = true
    let value = loss(step)
    value.backward()
    let chosen = step.chosen.gradient?.floats() ?? []
    let rejected = step.rejected.gradient?.floats() ?? []
    var start = all[..<request.workers.rank].reduce(0) { $0 + $1.count }
    let slopes = parts.map { part -> PairSlopes in
      defer { start += part.count }
      let range = start..<(start + part.count)
      return PairSlopes(
        chosen: Array(chosen[range]), rejected: Array(rejected[range]))
    }
    // Every process has the loss of the whole step, and the numbers of all processes are added up.
    return (value.item() / Double(request.workers.count), slopes)
  }

  /// Returns the numbers to record. Log-probabilities are among them because both can fall while the
  /// margin grows
  /// (`docs/recipe.md`, section 2.5).
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
    let numbers = try measure(tuned, held, options, loss)
    return Dictionary(uniqueKeysWithValues: numbers.map { ($0 + suffix, .number($1)) })
  }

  /// Returns the held-out loss and the recorded numbers, with names such as “validationAccuracy”; none
  /// without held-out pairs.
  private func measure(
    _ tuned: ReferencedModel, _ held: [PairExample], _ options: TrainingOptions, _ loss: Loss
  ) throws -> [String: Double] {
    guard !held.isEmpty else { return [:] }
    return noGradient {
      let tokens = held.reduce(0) { $0 + $1.chosen.response.count }
      var sums: [String: Double] = [:]
      var rows: [PairRow] = []
      for part in MicroBatches.split(held, limit: options.microBatchTokens, size: \.tokenCount) {
        let pairs = tuned.logProbabilities(part, needsReference: needsReference)
        rows += pairs.rows
        sums.merge(watched(pairs, of: held.count)) { $0 + $1 }
      }
      sums["loss"] = loss(PairLogProbabilities(rows: rows), held.count, tokens).item()
      return Dictionary(
        uniqueKeysWithValues: sums.map { key, value in
          ("validation" + key.prefix(1).uppercased() + key.dropFirst(), value)
        })
    }
  }
}
