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

  public var epochs = 3
  /// Demonstrations per optimiser step.
  public var batch = 16
  public var source = Source.demonstrations
  public init() {}

  public func check(in settings: Settings) throws {
    try OfflineSettings.check(epochs: epochs, batch: batch)
  }
}

/// A prompt with the answer to train on.
package struct Demonstration: TokenisedExample {
  package let name: String
  let completion: TokenisedResponse
  var completions: [TokenisedResponse] { [completion] }
  package var tokenCount: Int { completion.count }
}

/// Supervised fine-tuning on demonstrations. Only the response tokens have a loss.
///
/// Sequences are packed end to end in a micro-batch, each with its own positions and attention, so
/// that no padding is computed and no sequence attends to another (`docs/recipe.md`, S4).
public enum SupervisedStage {
  public static let sections: [any SettingsSection] = [TrainingOptions(), SupervisedOptions()]

  public static func run(_ request: StageRequest) throws -> StageReport {
    let options = try request.settings.section(TrainingOptions.self)
    let stage = try request.settings.section(SupervisedOptions.self)
    let progress = ProgressReport(stage: "sft", style: request.progress)
    let inputs = try RunInputs(request)
    if let finished = try inputs.resume(request, progress) { return finished }
    let dataset = try PreferenceDataset(path: request.dataset)
    let model = try CausalLanguageModel.forTraining(folder: request.model, options: options)
    let encoder = try ConversationEncoder(
      folder: request.model, configuration: model.configuration, maxLength: options.maxLength,
      chatTemplate: options.chatTemplate)
    model.addEndToken(encoder.endToken)
    var counts = DataCounts(maxLength: encoder.maxLength)
    let train = try examples(dataset.records(.train), stage.source, encoder, &counts.train)
    let held = try examples(dataset.records(.validation), stage.source, encoder, &counts.validation)
    guard !train.isEmpty else {
      throw AlignmentError.tooLittleData(
        "\(request.dataset): no judgement in the training split carries a demonstration.")
    }
    try OfflineSettings.check(
      examples: train.count, epochs: stage.epochs, batch: stage.batch, options: options)
    try TokenCheck(request.dataset, encoder, model.configuration)(train + held)
    counts.tell(progress)
    let run = try StageFolder(request, inputs)
    let training = OfflineTraining(
      stage: "sft", examples: train, epochs: stage.epochs, batch: stage.batch, options: options,
      run: run, progress: progress)
    var metrics = heldOut(model, held, options, name: "before")
    try metrics.checkFinite()
    metrics["trainLoss"] = .number(
      try training(model.trainedParameters) {
        try accumulate(model, $0, options, run.workers)
      })
    metrics.merge(heldOut(model, held, options, name: "after")) { $1 }
    metrics["demonstrations"] = .integer(train.count)
    metrics["data"] = counts.json
    return try run.finish(
      model, metrics: metrics, options: options, request: request, progress: progress)
  }

  private static func examples(
    _ records: [PreferenceRecord], _ source: SupervisedOptions.Source,
    _ encoder: ConversationEncoder, _ counts: inout ExampleCounts
  ) throws -> [Demonstration] {
    try records.flatMap { record -> [Demonstration] in
      var answers: [String] = []
      if source != .best, let text = record.demonstration, !text.isEmpty { answers.append(text) }
      if source != .demonstrations, record.ranking.count > 1 {
        answers += record.responses.filter { record.ranking[0].contains($0.id) }.map(\.text)
      }
      guard !answers.isEmpty else {
        counts.leaveOut(.rowsWithoutAnswer)
        return []
      }
      // Each answer is a separate example, so that a long one does not shorten the prompt of another.
      return try answers.flatMap { answer in
        let fitted = try encoder.fitted(record, [answer])
        counts.add(fitted)
        return fitted.completions.map { Demonstration(name: record.promptID, completion: $0) }
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
    guard !held.isEmpty else { return [:] }
    return noGradient {
      let tokens = held.reduce(0) { $0 + $1.completion.response.count }
      let sum = MicroBatches.split(held, limit: options.microBatchTokens, size: \.tokenCount)
        .reduce(0.0) { $0 - logProbabilities(model, $1).sum().item() }
      return ["validationLoss" + name.capitalized: .number(sum / Double(tokens))]
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
