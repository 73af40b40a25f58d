import Foundation
import LanguageModels
import PreferenceData
import Torch

/// Settings of supervised fine-tuning.
public struct SupervisedOptions: SettingsSection {
  /// The answers to train on.
  public enum Source: String, Sendable, Codable, CaseIterable {
    case demonstrations
    /// The answers that a judgement ranks first.
    case best
    case both
  }

  /// The turns of the assistant in a conversation.
  public enum Turns: String, Sendable, Codable, CaseIterable {
    case all, last
  }

  public var epochs = 3
  /// Demonstrations per optimiser step.
  public var batch = 16
  /// The answers to train on: demonstrations, best (those that a row ranks first) or both.
  public var source = Source.demonstrations
  /// The turns of the assistant to train on, in rows that are conversations: all or last. Each turn is
  /// a demonstration.
  public var turns = Turns.all
  public init() {}

  public func check(in settings: Settings) throws {
    try OfflineSettings.check(epochs: epochs, batch: batch)
  }
}

/// A prompt with the answer to train on.
package struct Demonstration: TokenisedExample {
  package let name: String
  package var file = 0
  let completion: TokenisedResponse
  var completions: [TokenisedResponse] { [completion] }
  package var tokenCount: Int { completion.count }
}

/// Supervised fine-tuning on demonstrations. Only the response tokens have a loss.
///
/// Sequences are packed end to end in a micro-batch, each with its own positions and attention, so
/// that no padding is computed and no sequence attends to another (`docs/recipe.md`, S4).
public enum SupervisedStage {
  public static let sections: [any SettingsSection] = [
    TrainingOptions(), DataOptions(), HeldOutOptions(), SupervisedOptions(),
  ]

  public static func run(_ request: StageRequest) throws -> StageReport {
    let options = try request.settings.section(TrainingOptions.self)
    let stage = try request.settings.section(SupervisedOptions.self)
    let progress = ProgressReport(stage: "sft", style: request.progress)
    let inputs = try RunInputs(request)
    if let finished = try inputs.resume(request, progress) { return finished }
    let dataset = try TrainingDataset(
      paths: request.datasets, options: request.settings.section(DataOptions.self))
    try dataset.check(
      stage.source == .demonstrations
        ? [.judgement, .demonstration] : [.judgement, .demonstration, .comparison], for: "sft",
      """
      answers to imitate, as in rows with “messages”, or “prompt” and “completion”. For the better \
      answers of comparisons set source=best
      """)
    let model = try CausalLanguageModel.forTraining(folder: request.model, options: options)
    let encoder = try ConversationEncoder(
      folder: request.model, configuration: model.configuration, maxLength: options.maxLength,
      chatTemplate: options.chatTemplate)
    model.addEndToken(encoder.endToken)
    var counts = DataCounts(maxLength: encoder.maxLength)
    let train = try examples(dataset.rows(.train), stage, encoder, &counts.train)
    let held = try examples(dataset.rows(.validation), stage, encoder, &counts.validation)
    guard !train.isEmpty else {
      throw AlignmentError.tooLittleData(
        "\(request.dataset): no judgement in the training split carries a demonstration.")
    }
    let plan = try dataset.mix.plan(files: train.map(\.file))
    try OfflineSettings.check(
      examples: plan.length, epochs: stage.epochs, batch: stage.batch, options: options)
    try TokenCheck(dataset, encoder, model.configuration)(train + held)
    dataset.tell(progress)
    counts.tell(progress)
    let run = try StageFolder(request, inputs)
    let measurement = try HeldOutMeasurement(
      request.settings.section(HeldOutOptions.self), parameters: model.trainedParameters, run: run
    ) { loss(model, held, options).map { ["validationLoss": $0] } ?? [:] }
    let training = OfflineTraining(
      stage: "sft", examples: train, plan: plan, epochs: stage.epochs, batch: stage.batch,
      options: options, run: run, progress: progress,
      heldOut: held.isEmpty ? nil : measurement)
    var metrics = heldOut(model, held, options, name: "before")
    try metrics.checkFinite()
    metrics["trainLoss"] = .number(
      try training(model.trainedParameters) {
        try accumulate(model, $0, options, run.workers)
      })
    metrics.merge(heldOut(model, held, options, name: "after")) { $1 }
    metrics.merge(measurement.metrics) { $1 }
    metrics["demonstrations"] = .integer(train.count)
    metrics["data"] = counts.json
    return try run.finish(
      model, metrics: metrics, options: options, request: request, progress: progress)
  }

  private static func examples(
    _ rows: [DatasetRow], _ options: SupervisedOptions, _ encoder: ConversationEncoder,
    _ counts: inout ExampleCounts
  ) throws -> [Demonstration] {
    try rows.flatMap { row -> [Demonstration] in
      var chosen: [TrainingRow.Demonstration] = []
      if options.source != .best {
        chosen += options.turns == .all ? row.demonstrations : row.demonstrations.suffix(1)
      }
      if options.source != .demonstrations, row.ranking.count > 1 {
        chosen += row.answers.filter { row.ranking[0].contains($0.id) }.map {
          TrainingRow.Demonstration(prompt: row.prompt, answer: $0.text)
        }
      }
      guard !chosen.isEmpty else {
        counts.leaveOut(.rowsWithoutAnswer)
        return []
      }
      // Each answer is a separate example, so that a long one does not shorten the prompt of another.
      return try chosen.flatMap { one in
        let fitted = try encoder.fitted(one.prompt, of: row.name, [one.answer])
        counts.add(fitted)
        return fitted.completions.map {
          Demonstration(name: row.name, file: row.file, completion: $0)
        }
      }
    }
  }

  /// Adds the gradients of Σ −log p / N over the N response tokens of the whole step
  /// (`docs/recipe.md`, S1).
  private static func accumulate(
    _ model: CausalLanguageModel, _ batch: [Demonstration], _ options: TrainingOptions,
    _ workers: Workers
  ) throws -> [String: Double] {
    let tokens = batch.reduce(0) { $0 + $1.completion.response.count }
    var total = 0.0
    for part in try MicroBatches.own(
      batch, limit: options.microBatchTokens, workers: workers, size: \.tokenCount)
    {
      let loss = -logProbabilities(model, part).sum() / Double(tokens)
      loss.backward()
      total += loss.item()
    }
    return ["loss": total]
  }

  private static func logProbabilities(_ model: CausalLanguageModel, _ part: [Demonstration])
    -> Tensor
  {
    model.responseLogProbabilities(CompletionBatch(part.map(\.completion), for: model))
  }

  private static func heldOut(
    _ model: CausalLanguageModel, _ held: [Demonstration], _ options: TrainingOptions, name: String
  ) -> [String: JSONValue] {
    loss(model, held, options).map { ["validationLoss" + name.capitalized: .number($0)] } ?? [:]
  }

  /// Returns the loss of a token on held-out demonstrations; nil if there are none.
  private static func loss(
    _ model: CausalLanguageModel, _ held: [Demonstration], _ options: TrainingOptions
  ) -> Double? {
    guard !held.isEmpty else { return nil }
    return noGradient {
      let tokens = held.reduce(0) { $0 + $1.completion.response.count }
      let sum = MicroBatches.split(held, limit: options.microBatchTokens, size: \.tokenCount)
        .reduce(0.0) { $0 - logProbabilities(model, $1).sum().item() }
      return sum / Double(tokens)
    }
  }
}

extension Array {
  /// Splits the elements into `count` parts of about the same size, larger ones first; into fewer if
  /// there are fewer elements.
  func parted(into count: Int) -> [[Element]] {
    let parts = Swift.min(count, self.count)
    var start = 0
    return (0..<parts).map { part in
      let size = self.count / parts + (part < self.count % parts ? 1 : 0)
      defer { start += size }
      return Array(self[start..<(start + size)])
    }
  }

  func chunks(of size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
  }
}
