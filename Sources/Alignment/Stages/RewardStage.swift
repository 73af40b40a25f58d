import Foundation
import LanguageModels
import PreferenceData
import Torch

/// Settings of reward modelling.
public struct RewardOptions: SettingsSection {
  /// InstructGPT trains one: a second pass over the same comparisons overfits.
  public var epochs = 1
  /// Judgements a step; all comparisons of a judgement stay together.
  public var batch = 8
  public init() {}
}

/// Reward modelling from rankings: all pairs of a judgement are one element of a batch.
public enum RewardStage {
  public static let sections: [any SettingsSection] = [TrainingOptions(), RewardOptions()]

  /// Answers whose scores set the scale (Ziegler et al. 2019 take as many).
  private static let normalizationSamples = 256

  /// A judgement as tokens.
  struct Example: Sendable {
    var promptID: String
    var completions: [Completion]
    var pairs: [(winner: Int, loser: Int)]
    var tokenCount: Int { completions.reduce(0) { $0 + $1.count } }
  }

  public static func run(_ request: StageRequest) throws -> StageSummary {
    let options = try request.settings.section(TrainingOptions.self).checked()
    let stage = try request.settings.section(RewardOptions.self)
    let progress = ProgressReport(stage: "reward", style: request.progress)
    let dataset = try PreferenceDataset(path: request.dataset)
    let generator = Generator(seed: UInt64(options.seed))
    let model = try RewardModel(base: request.model, options: options, generator: generator)
    let encoder = try ConversationEncoder(
      folder: request.model, configuration: model.trunk.configuration,
      maxLength: options.maxLength)
    let train = examples(dataset.records(.train), encoder)
    let held = examples(dataset.records(.validation), encoder)
    guard !train.isEmpty, !held.isEmpty else {
      throw AlignmentError.tooLittleData(
        """
        \(request.dataset): a reward model needs rankings that prefer one answer to another in \
        both splits; there are \(train.count) in “train” and \(held.count) in “validation”. Rank \
        more prompts, or set “split” in the rows.
        """)
    }
    let run = try RunFolder(request.output, settings: request.settings)
    let stepsPerEpoch = (train.count + stage.batch - 1) / stage.batch
    let trainer = Trainer(
      model.trainedParameters, options: options, steps: stage.epochs * stepsPerEpoch, run: run)
    var order = DataOrder(seed: options.seed)
    var losses: [Double] = []
    for _ in 0..<stage.epochs {
      for batch in order.shuffled(train).chunks(of: stage.batch) {
        try Interruption.check(step: trainer.step, of: trainer.steps)
        let numbers = try trainer.update { accumulate(model, batch, options) }
        losses.append(numbers["loss"] ?? 0)
        try trainer.record(numbers, stage: "reward")
        progress.update(step: trainer.step, of: trainer.steps, numbers)
      }
    }
    model.normalize(
      scores: model.scores(
        Array(order.shuffled(train).flatMap(\.completions).prefix(normalizationSamples)),
        tokensAtOnce: options.microBatchTokens))
    let quality = evaluate(model, held, options)
    var metrics: [String: JSONValue] = [
      "trainLoss": .number(losses.suffix(stepsPerEpoch).reduce(0, +) / Double(stepsPerEpoch)),
      "validationLoss": .number(quality.loss),
      "comparisons": .integer(held.reduce(0) { $0 + $1.pairs.count }),
      "prompts": .integer(Set(held.map(\.promptID)).count),
      "trainComparisons": .integer(train.reduce(0) { $0 + $1.pairs.count }),
      "trainPrompts": .integer(Set(train.map(\.promptID)).count),
    ]
    if let accuracy = quality.accuracy { metrics.merge(accuracy.flat("accuracy")) { $1 } }
    try model.save(to: run.model, tokenizerFolder: request.model)
    let summary = StageSummary(
      model: run.model.path, metrics: metrics, seconds: progress.seconds, peakBytes: peakBytes(),
      precision: model.trunk.computeType.rawValue)
    try run.finish(summary)
    return summary
  }

  /// Judgements with at least one ordered pair of different texts.
  static func examples(_ records: [PreferenceRecord], _ encoder: ConversationEncoder) -> [Example] {
    records.compactMap { record in
      let texts = Dictionary(
        record.responses.map { ($0.id, $0.text) }, uniquingKeysWith: { first, _ in first })
      let ids = record.ranking.flatMap { $0 }
      let indices = Dictionary(
        ids.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
      let pairs = record.comparisons.compactMap { pair -> (winner: Int, loser: Int)? in
        guard !pair.isTie, texts[pair.chosen] != texts[pair.rejected],
          let winner = indices[pair.chosen], let loser = indices[pair.rejected]
        else { return nil }
        return (winner, loser)
      }
      guard !pairs.isEmpty else { return nil }
      let completions = ids.map { id -> Completion in
        let (prompt, response) = encoder.pair(record.prompt, texts[id] ?? "")
        return Completion(prompt: prompt, response: response)
      }
      return Example(promptID: record.promptID, completions: completions, pairs: pairs)
    }
  }

  /// Adds the gradients of the mean loss over the judgements of the step; returns the loss.
  private static func accumulate(
    _ model: RewardModel, _ batch: [Example], _ options: TrainingOptions
  ) -> Double {
    var total = 0.0
    for part in MicroBatches.split(batch, limit: options.microBatchTokens, size: \.tokenCount) {
      let loss = RankingLoss.allPairs(rankedScores(model, part)) / Double(batch.count)
      loss.backward()
      total += loss.item()
    }
    return total
  }

  private static func rankedScores(_ model: RewardModel, _ part: [Example]) -> [RankedScores] {
    let batch = CompletionBatch(part.flatMap(\.completions), on: model.trunk.device)
    let scores = model.scores(batch)
    var start = 0
    return part.map { example in
      let range = start..<(start + example.completions.count)
      start = range.upperBound
      return RankedScores(scores: scores[range], pairs: example.pairs)
    }
  }

  /// Accuracy over comparisons (equal scores are wrong), by prompt; and the loss.
  static func evaluate(_ model: RewardModel, _ examples: [Example], _ options: TrainingOptions)
    -> (accuracy: Estimate?, loss: Double)
  {
    var outcomes: [String: [Double]] = [:]
    var loss = 0.0
    noGradient {
      for part in MicroBatches.split(
        examples, limit: options.microBatchTokens, size: \.tokenCount)
      {
        let ranked = rankedScores(model, part)
        loss += RankingLoss.allPairs(ranked).item()
        for (example, scores) in zip(part, ranked) {
          let values = scores.scores.floats()
          outcomes[example.promptID, default: []] += example.pairs.map {
            values[$0.winner] > values[$0.loser] ? 1 : 0
          }
        }
      }
    }
    let groups = outcomes.sorted { $0.key < $1.key }.map(\.value)
    return (Bootstrap.mean(of: groups), loss / Double(max(examples.count, 1)))
  }
}
