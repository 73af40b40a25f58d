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
  package let completion: TokenisedResponse
  let isDesirable: Bool

  package init(name: String, completion: TokenisedResponse, isDesirable: Bool) {
    self.name = name
    self.completion = completion
    self.isDesirable = isDesirable
  }

  var completions: [TokenisedResponse] { [completion] }
  package var tokenCount: Int { completion.count }
}

/// Kahneman–Tversky optimisation: learns from single answers labelled good or bad.
///
/// The answers in the first place of a judgement are good, those in the last place bad.
public enum UnpairedStage {
  public static let sections: [any SettingsSection] = [
    DirectPreferenceStage.training, UnpairedOptions(),
  ]

  public static func run(_ request: StageRequest) throws -> StageReport {
    let options = try request.settings.section(TrainingOptions.self)
    let stage = try request.settings.section(UnpairedOptions.self)
    let progress = ProgressReport(stage: "kto", style: request.progress)
    let inputs = try RunInputs(request)
    if let finished = try inputs.resume(request, progress) { return finished }
    let dataset = try PreferenceDataset(path: request.dataset)
    let tuned = try ReferencedModel(folder: request.model, options: options)
    let encoder = try ConversationEncoder(
      folder: request.model, configuration: tuned.model.configuration,
      maxLength: options.maxLength, chatTemplate: options.chatTemplate)
    tuned.model.addEndToken(encoder.endToken)
    var counts = DataCounts(maxLength: encoder.maxLength)
    let train = try examples(dataset.records(.train), encoder, &counts.train)
    let good = train.count(where: \.isDesirable)
    guard good > 0, good < train.count else {
      throw AlignmentError.tooLittleData(
        """
        \(request.dataset): KTO needs good and bad answers in the training split; there are \
        \(good) good and \(train.count - good) bad.
        """)
    }
    try OfflineSettings.check(
      examples: train.count, epochs: stage.epochs, batch: stage.batch, options: options)
    try TokenCheck(request.dataset, encoder, tuned.model.configuration)(train)
    counts.tell(progress)
    let run = try StageFolder(request, inputs)
    let training = OfflineTraining(
      stage: "kto", examples: train, epochs: stage.epochs, batch: stage.batch, options: options,
      run: run, progress: progress)
    let loss = try training(tuned.model.trainedParameters) {
      try accumulate(tuned, $0, of: train, options, stage, run.workers)
    }
    return try run.finish(
      tuned.model,
      metrics: [
        "trainLoss": .number(loss), "desirable": .integer(good),
        "undesirable": .integer(train.count - good), "data": counts.json,
      ], options: options, request: request, progress: progress)
  }

  static func examples(
    _ records: [PreferenceRecord], _ encoder: ConversationEncoder, _ counts: inout ExampleCounts
  ) throws -> [UnpairedExample] {
    try records.flatMap { record -> [UnpairedExample] in
      guard record.ranking.count > 1, let first = record.ranking.first,
        let last = record.ranking.last
      else {
        counts.leaveOut(.rowsWithoutPreference)
        return []
      }
      let judged = record.responses.filter { first.contains($0.id) || last.contains($0.id) }
      let between = record.ranking.dropFirst().dropLast().joined()
      counts.leaveOut(
        .answersInBetween, record.responses.count { between.contains($0.id) })
      let fitted = try encoder.fitted(record, judged.map(\.text))
      counts.add(fitted)
      let examples = zip(judged, fitted.completions).map { response, completion in
        UnpairedExample(
          name: record.promptID, completion: completion,
          isDesirable: first.contains(response.id))
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
    return others.first { $0.name != example.name } ?? others.first ?? example
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
