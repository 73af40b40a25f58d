import Foundation
import LanguageModels
import PreferenceData
import Torch

/// Settings of Kahneman–Tversky optimisation (Ethayarajh et al. 2024).
public struct UnpairedOptions: SettingsSection {
  public var epochs = 1
  /// Answers per optimiser step, at least 2. The KL estimate pairs each prompt with the answer to
  /// another.
  public var batch = 16
  /// Strength of the KL constraint; larger values keep the policy closer to the reference.
  public var beta = 0.1
  /// Weight of good answers.
  public var desirableWeight = 1.0
  /// Weight of bad answers.
  public var undesirableWeight = 1.0
  public init() {}

  public func check(in settings: Settings) throws {
    try OfflineSettings.check(epochs: epochs, batch: batch)
    try require(
      "batch", batch, batch > 1,
      "at least 2 (the KL estimate pairs each prompt with the answer to another)")
    try require("beta", beta, beta > 0, "a positive number")
    for (key, weight) in [
      ("desirableWeight", desirableWeight), ("undesirableWeight", undesirableWeight),
    ] {
      try require(key, weight, weight > 0, "a positive number")
    }
  }
}

/// One answer that is labelled good or bad.
package struct UnpairedExample: TokenisedExample {
  package let name: String
  package let file: Int
  package let completion: TokenisedResponse
  let isDesirable: Bool

  package init(name: String, file: Int = 0, completion: TokenisedResponse, isDesirable: Bool) {
    self.name = name
    self.file = file
    self.completion = completion
    self.isDesirable = isDesirable
  }

  var completions: [TokenisedResponse] { [completion] }
  package var tokenCount: Int { completion.count }
}

/// Kahneman–Tversky optimisation: learns from single answers labelled good or bad.
///
/// Rows with a label say it themselves. Of a ranking, the answers in the first place are good and
/// those in the last place bad.
public enum UnpairedStage {
  public static let sections: [any SettingsSection] = [
    DirectPreferenceStage.training, DataOptions(), HeldOutOptions(), UnpairedOptions(),
  ]

  public static func run(_ request: StageRequest) throws -> StageReport {
    let options = try request.settings.section(TrainingOptions.self)
    let stage = try request.settings.section(UnpairedOptions.self)
    let progress = ProgressReport(stage: "kto", style: request.progress)
    let inputs = try RunInputs(request)
    if let finished = try inputs.resume(request, progress) { return finished }
    let dataset = try TrainingDataset(
      paths: request.datasets, options: request.settings.section(DataOptions.self))
    try dataset.check(
      [.judgement, .comparison, .label], for: "kto",
      """
      good and bad answers, as in rows with “prompt”, “completion” and “label”, or “prompt”, “chosen” \
      and “rejected”
      """)
    let tuned = try ReferencedModel(folder: request.model, options: options)
    let encoder = try ConversationEncoder(
      folder: request.model, configuration: tuned.model.configuration,
      maxLength: options.maxLength, chatTemplate: options.chatTemplate)
    tuned.model.addEndToken(encoder.endToken)
    var counts = DataCounts(maxLength: encoder.maxLength)
    let train = try examples(dataset.rows(.train), encoder, &counts.train)
    let held = try examples(dataset.rows(.validation), encoder, &counts.validation)
    let good = train.count(where: \.isDesirable)
    guard good > 0, good < train.count else {
      throw AlignmentError.tooLittleData(
        """
        \(request.dataset): KTO needs good and bad answers in the training split; there are \
        \(good) good and \(train.count - good) bad.
        """)
    }
    let plan = try dataset.mix.plan(files: train.map(\.file))
    try OfflineSettings.check(
      examples: plan.length, epochs: stage.epochs, batch: stage.batch, options: options)
    try TokenCheck(dataset, encoder, tuned.model.configuration)(train + held)
    dataset.tell(progress)
    counts.tell(progress)
    let run = try StageFolder(request, inputs)
    let measurement = try HeldOutMeasurement(
      request.settings.section(HeldOutOptions.self), parameters: tuned.model.trainedParameters,
      run: run
    ) { measure(tuned, held, of: train, options, stage) }
    let training = OfflineTraining(
      stage: "kto", examples: train, plan: plan, epochs: stage.epochs, batch: stage.batch,
      options: options, run: run, progress: progress,
      heldOut: held.isEmpty ? nil : measurement)
    let before = measure(tuned, held, of: train, options, stage)
    let loss = try training(tuned.model.trainedParameters) {
      try accumulate(tuned, $0, of: train, options, stage, run.workers)
    }
    var metrics: [String: JSONValue] = [
      "trainLoss": .number(loss), "desirable": .integer(good),
      "undesirable": .integer(train.count - good), "data": counts.json,
    ]
    for (key, value) in before { metrics[key + "Before"] = .number(value) }
    for (key, value) in measure(tuned, held, of: train, options, stage) {
      metrics[key + "After"] = .number(value)
    }
    metrics.merge(measurement.metrics) { $1 }
    return try run.finish(
      tuned.model, metrics: metrics, options: options, request: request, progress: progress)
  }

  static func examples(
    _ rows: [DatasetRow], _ encoder: ConversationEncoder, _ counts: inout ExampleCounts
  ) throws -> [UnpairedExample] {
    try rows.flatMap { row -> [UnpairedExample] in
      if let isGood = row.isGood {
        let fitted = try encoder.fitted(row, row.answers.map(\.text))
        counts.add(fitted)
        return fitted.completions.map {
          UnpairedExample(name: row.name, file: row.file, completion: $0, isDesirable: isGood)
        }
      }
      return try ranked(row, encoder, &counts)
    }
  }

  private static func ranked(
    _ row: DatasetRow, _ encoder: ConversationEncoder, _ counts: inout ExampleCounts
  ) throws -> [UnpairedExample] {
    guard row.ranking.count > 1, let first = row.ranking.first, let last = row.ranking.last else {
      counts.leaveOut(.rowsWithoutPreference)
      return []
    }
    let judged = row.answers.filter { first.contains($0.id) || last.contains($0.id) }
    let between = row.ranking.dropFirst().dropLast().joined()
    counts.leaveOut(.answersInBetween, row.answers.count { between.contains($0.id) })
    let fitted = try encoder.fitted(row, judged.map(\.text))
    counts.add(fitted)
    let examples = zip(judged, fitted.completions).map { answer, completion in
      UnpairedExample(
        name: row.name, file: row.file, completion: completion,
        isDesirable: first.contains(answer.id))
    }
    // Answers with the same tokens that are both good and bad cancel out, so leave them out.
    func ids(_ isDesirable: Bool) -> Set<[Int]> {
      Set(examples.filter { $0.isDesirable == isDesirable }.map(\.completion.response))
    }
    let alike = ids(true).intersection(ids(false))
    counts.leaveOut(
      .answersOfSameTokens, examples.count { alike.contains($0.completion.response) })
    return examples.filter { !alike.contains($0.completion.response) }
  }

  private static func accumulate(
    _ tuned: ReferencedModel, _ batch: [UnpairedExample], of train: [UnpairedExample],
    _ options: TrainingOptions, _ stage: UnpairedOptions, _ workers: Workers
  ) throws -> [String: Double] {
    let baseline = self.baseline(tuned, mismatched(batch, in: train), options)
    let weights = UnpairedLoss.Weights(
      desirable: stage.desirableWeight, undesirable: stage.undesirableWeight)
    var total = 0.0
    for part in try MicroBatches.own(
      batch, limit: options.microBatchTokens, workers: workers, size: \.tokenCount)
    {
      let losses = UnpairedLoss.kahnemanTversky(
        ratios: ratios(tuned, part.map(\.completion)), desirable: part.map(\.isDesirable),
        baseline: baseline, beta: stage.beta, weights: weights)
      let loss = losses.sum() / Double(batch.count)
      loss.backward()
      total += loss.item()
    }
    return ["loss": total, "kl": baseline / Double(workers.count)]
  }

  /// Returns the held-out loss in batches of the training's size, and the mean log-ratio of good and
  /// of bad answers; none without held-out answers.
  private static func measure(
    _ tuned: ReferencedModel, _ held: [UnpairedExample], of train: [UnpairedExample],
    _ options: TrainingOptions, _ stage: UnpairedOptions
  ) -> [String: Double] {
    guard !held.isEmpty else { return [:] }
    let weights = UnpairedLoss.Weights(
      desirable: stage.desirableWeight, undesirable: stage.undesirableWeight)
    return noGradient {
      var loss = 0.0
      var found: [Bool: [Float]] = [:]
      for batch in held.chunks(of: stage.batch) {
        let baseline = baseline(tuned, mismatched(batch, in: train + held), options)
        for part in MicroBatches.split(
          batch, limit: options.microBatchTokens, size: \.tokenCount)
        {
          let ratios = ratios(tuned, part.map(\.completion))
          loss += UnpairedLoss.kahnemanTversky(
            ratios: ratios, desirable: part.map(\.isDesirable), baseline: baseline,
            beta: stage.beta, weights: weights
          ).sum().item()
          for (example, ratio) in zip(part, ratios.floats()) {
            found[example.isDesirable, default: []].append(ratio)
          }
        }
      }
      var numbers = ["validationLoss": loss / Double(held.count)]
      for (isGood, ratios) in found {
        numbers[isGood ? "validationGoodLogRatio" : "validationBadLogRatio"] =
          Double(ratios.reduce(0, +)) / Double(ratios.count)
      }
      return numbers
    }
  }

  /// Returns each prompt of the batch with the response of the example before it, for the estimate
  /// of the KL (Ethayarajh et al. 2024, section 4.1).
  ///
  /// The last batch of an epoch may have one example. Its prompt gets the response of the nearest
  /// example before it in `train` with another prompt: its own response would measure the ratio that
  /// the KL is compared with.
  package static func mismatched(
    _ batch: [UnpairedExample], in train: [UnpairedExample]
  ) -> [TokenisedResponse] {
    batch.indices.map { index in
      let example = batch[index]
      let other =
        batch.count > 1
        ? batch[(index + batch.count - 1) % batch.count] : neighbour(of: example, in: train)
      return TokenisedResponse(
        prompt: example.completion.prompt, response: other.completion.response)
    }
  }

  private static func neighbour(
    of example: UnpairedExample, in train: [UnpairedExample]
  ) -> UnpairedExample {
    let place = train.firstIndex {
      $0.name == example.name && $0.completion.response == example.completion.response
    }
    guard let place else { return example }
    let others = (1..<max(train.count, 1)).lazy.map {
      train[(place + train.count - $0) % train.count]
    }
    return others.first { $0.completion.prompt != example.completion.prompt } ?? others.first
      ?? example
  }

  /// The KL of policy and reference in nats, estimated on mismatched prompts and responses.
  private static func baseline(
    _ tuned: ReferencedModel, _ mismatched: [TokenisedResponse], _ options: TrainingOptions
  ) -> Double {
    noGradient {
      let values = MicroBatches.split(
        mismatched, limit: options.microBatchTokens, size: \.count
      ).map { ratios(tuned, $0) }
      return UnpairedLoss.baseline(mismatched: .concatenated(values))
    }
  }

  /// Returns log π − log ρ of each answer, summed over its tokens, `[B]`.
  private static func ratios(_ tuned: ReferencedModel, _ completions: [TokenisedResponse]) -> Tensor
  {
    let batch = CompletionBatch(completions, for: tuned.model)
    let policy = tuned.model.responseLogProbabilities(batch)
    let reference = tuned.withReference { $0.responseLogProbabilities(batch) }
    return (policy - reference).summed(lengths: batch.responseLengths)
  }
}
