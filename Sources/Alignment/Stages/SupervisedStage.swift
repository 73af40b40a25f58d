import Foundation
import LanguageModels
import PreferenceData
import Torch

/// Settings of supervised fine-tuning.
public struct SupervisedOptions: SettingsSection {
  public var epochs = 3
  /// Demonstrations a step.
  public var batch = 16
  public init() {}
}

/// Supervised fine-tuning on demonstrations: the loss is on the answer's tokens alone.
public enum SupervisedStage {
  public static let sections: [any SettingsSection] = [TrainingOptions(), SupervisedOptions()]

  public static func run(_ request: StageRequest) throws -> StageSummary {
    let options = try request.settings.section(TrainingOptions.self).checked()
    let stage = try request.settings.section(SupervisedOptions.self)
    let progress = ProgressReport(stage: "sft", style: request.progress)
    let dataset = try PreferenceDataset(path: request.dataset)
    guard !dataset.demonstrations(.train).isEmpty else {
      throw AlignmentError.tooLittleData(
        "\(request.dataset): no judgement in the training split carries a demonstration.")
    }
    let model = try CausalLanguageModel(folder: request.model, precision: options.precision)
    let generator = Generator(seed: UInt64(options.seed))
    if options.rank > 0 {
      model.addAdapters(rank: options.rank, alpha: options.alpha, generator: generator)
    } else {
      model.trainAllWeights()
    }
    let encoder = try ConversationEncoder(
      folder: request.model, configuration: model.configuration, maxLength: options.maxLength)
    func completions(_ split: Split) -> [Completion] {
      dataset.demonstrations(split).map { prompt, answer in
        let (ids, response) = encoder.pair(prompt, answer)
        return Completion(prompt: ids, response: response)
      }
    }
    let train = completions(.train)
    let held = completions(.validation)
    let run = try RunFolder(request.output, settings: request.settings)
    let stepsPerEpoch = (train.count + stage.batch - 1) / stage.batch
    let trainer = Trainer(
      model.trainedParameters, options: options, steps: stage.epochs * stepsPerEpoch, run: run)
    var metrics = heldOut(model, held, options, name: "before")
    var order = DataOrder(seed: options.seed)
    var last = 0.0
    for _ in 0..<stage.epochs {
      for batch in order.shuffled(train).chunks(of: stage.batch) {
        try Interruption.check(step: trainer.step, of: trainer.steps)
        let numbers = try trainer.update { accumulate(model, batch, options) }
        last = numbers["loss"] ?? 0
        try trainer.record(numbers, stage: "sft")
        progress.update(step: trainer.step, of: trainer.steps, numbers)
      }
    }
    metrics.merge(heldOut(model, held, options, name: "after")) { $1 }
    metrics["trainLoss"] = .number(last)
    metrics["demonstrations"] = .integer(train.count)
    try model.save(to: run.model, tokenizerFolder: request.model)
    let summary = StageSummary(
      model: run.model.path, metrics: metrics, seconds: progress.seconds, peakBytes: peakBytes(),
      precision: model.computeType.rawValue)
    try run.finish(summary)
    return summary
  }

  /// Adds the gradients of Σ −log p / N over the answer tokens of the whole step; returns the loss.
  private static func accumulate(
    _ model: CausalLanguageModel, _ batch: [Completion], _ options: TrainingOptions
  ) -> Double {
    let tokens = batch.reduce(0) { $0 + $1.response.count }
    var total = 0.0
    for part in MicroBatches.split(batch, limit: options.microBatchTokens, size: \.count) {
      let loss = -logProbabilities(model, part).sum() / Double(tokens)
      loss.backward()
      total += loss.item()
    }
    return total
  }

  static func logProbabilities(_ model: CausalLanguageModel, _ part: [Completion]) -> Tensor {
    let batch = CompletionBatch(part, on: model.device)
    return model.hiddenStates(batch.tokens).selecting(0, batch.states)
      .selectedLogProbabilities(weight: model.outputWeight, targets: batch.targets)
  }

  private static func heldOut(
    _ model: CausalLanguageModel, _ held: [Completion], _ options: TrainingOptions, name: String
  ) -> [String: JSONValue] {
    guard !held.isEmpty else { return [:] }
    return noGradient {
      let tokens = held.reduce(0) { $0 + $1.response.count }
      let sum = MicroBatches.split(held, limit: options.microBatchTokens, size: \.count)
        .reduce(0.0) { $0 - logProbabilities(model, $1).sum().item() }
      return ["validationLoss" + name.capitalized: .number(sum / Double(tokens))]
    }
  }
}

extension Array {
  func chunks(of size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
  }
}
