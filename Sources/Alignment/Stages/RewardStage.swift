import Foundation
import Foundations
import LanguageModels
import PreferenceData
import Torch

/// Reward modelling from rankings. All pairs of a judgement are one element of a batch.
public enum RewardStage {
  public static let sections: [any SettingsSection] = [
    TrainingOptions(), DataOptions(), HeldOutOptions(), RewardOptions(),
  ]

  /// The number of answers whose scores set the scale (Ziegler et al. 2019).
  private static let normalizationSamples = 256

  public static func run(_ request: StageRequest) throws -> StageReport {
    let options = try request.settings.section(TrainingOptions.self)
    let stage = try request.settings.section(RewardOptions.self)
    let progress = ProgressReport(stage: "reward", style: request.progress)
    let inputs = try RunInputs(request)
    if let finished = try inputs.resume(request, progress) { return finished }
    let dataset = try TrainingDataset(
      paths: request.datasets, options: request.settings.section(DataOptions.self))
    try dataset.check(
      [.judgement, .comparison], for: "reward",
      "a better and a worse answer, as in rows with “prompt”, “chosen” and “rejected”")
    let generator = Generator(RandomStream(seed: options.seed, .rewardModelWeights))
    let model = try RewardModel(base: request.model, options: options, generator: generator)
    let reader = try RewardReader(
      training: request.model, configuration: model.trunk.configuration,
      maxLength: options.maxLength, chatTemplate: options.chatTemplate)
    model.trunk.addEndToken(reader.encoder.endToken)
    let examples = try RewardExamples(stage, reader: reader)
    let away = try heldOutLabellers(stage, dataset)
    var counts = DataCounts(maxLength: reader.limit)
    let trainRows = dataset.rows(.train)
    let ownRows = trainRows.filter { !away.contains($0.labeller) }
    counts.train.leaveOut(.rowsOfHeldOutLabellers, trainRows.count - ownRows.count)
    let weighted = try examples(ownRows, &counts.train)
    let train = weighted.filter { $0.weight > 0 }
    counts.train.leaveOut(.rowsOfNoWeight, weighted.count - train.count)
    let judged = try examples(dataset.rows(.validation), &counts.validation)
    let held = judged.filter { !$0.pairs.isEmpty }
    counts.validation.leaveOut(.rowsWithoutPreference, judged.count - held.count)
    guard !train.isEmpty, !held.isEmpty else {
      throw AlignmentError.tooLittleData(
        """
        \(request.dataset): a reward model needs rankings that prefer one answer to another in \
        both splits; there are \(train.count) in “train” and \(held.count) in “validation”. Rank \
        more prompts, set “split” in the rows, or set validationShare above 0 if no row has one.
        """)
    }
    let plan = try dataset.mix.plan(files: train.map(\.file))
    try OfflineSettings.check(
      examples: plan.length, epochs: stage.epochs, batch: stage.batch, options: options)
    try TokenCheck(dataset, reader.encoder, model.trunk.configuration)(train + held)
    dataset.tell(progress)
    counts.tell(progress)
    let run = try StageFolder(request, inputs)
    let tie = tieParameter(stage.loss)
    let measurement = try HeldOutMeasurement(
      request.settings.section(HeldOutOptions.self),
      parameters: model.trainedParameters + [tie].compactMap(\.self), run: run
    ) { try RewardEvaluation(model: model, options: options).numbers(held) }
    let training = OfflineTraining(
      stage: "reward", examples: train, plan: plan, epochs: stage.epochs,
      batch: stage.batch, options: options, run: run, progress: progress, heldOut: measurement)
    let loss = try training(model.trainedParameters + [tie].compactMap(\.self)) {
      try accumulate(model, $0, stage, tie, options, run.workers)
    }
    try normalize(model, stage, train, dataset, reader, options)
    var metrics = try RewardEvaluation(model: model, options: options)
      .report(held, trainedOn: train)
    metrics["trainLoss"] = .number(loss)
    metrics.merge(measurement.metrics) { $1 }
    if let tie { metrics["tieParameter"] = .number(tie.value.item()) }
    try metrics.checkFinite()
    metrics["data"] = counts.json
    try model.save(to: run.model, tokenizerFolder: request.model, reader: reader)
    let report = StageReport(
      model: run.model.path, metrics: metrics, seconds: progress.seconds, peakBytes: peakBytes(),
      precision: model.trunk.computeType.rawValue)
    try run.finish(report)
    return report
  }

  /// Throws if a name does not match a labeller: a typo would otherwise leave the held-out set empty
  /// without warning.
  private static func heldOutLabellers(_ stage: RewardOptions, _ dataset: TrainingDataset) throws
    -> Set<String>
  {
    let away = Set(stage.heldOutLabellers.split(separator: "+").map(String.init))
    let known = Set(dataset.rows.map(\.row.labeller))
    if let stranger = away.subtracting(known).sorted().first {
      throw AlignmentError.badSetting(
        key: "heldOutLabellers", value: stranger,
        expected: "labellers of the dataset (\(known.sorted().prefix(12).joined(separator: ", ")))")
    }
    return away
  }

  /// Returns the tie parameter, initialised with ν = 1 (Davidson) or θ = e (Rao and Kupper).
  private static func tieParameter(_ loss: RankingLoss) -> Parameter? {
    guard loss.hasTieParameter else { return nil }
    let parameter = Parameter(name: "tie", value: .zeros([1]))
    parameter.train()
    return parameter
  }

  /// Adds the gradients of the mean loss over the judgements of the step.
  private static func accumulate(
    _ model: RewardModel, _ batch: [RewardExample], _ stage: RewardOptions, _ tie: Parameter?,
    _ options: TrainingOptions, _ workers: Workers
  ) throws -> [String: Double] {
    var sums = ["loss": 0.0]
    for part in try MicroBatches.own(
      batch, limit: options.microBatchTokens, workers: workers, size: \.tokenCount)
    {
      let ranked = model.ranked(part)
      var loss = stage.loss(ranked, tie: tie?.value)
      if stage.centring > 0, ranked.contains(where: { !$0.pairs.isEmpty }) {
        loss = loss + RankingLoss.centring(ranked) * stage.centring
      }
      loss = loss / Double(batch.count)
      loss.backward()
      sums["loss", default: 0] += loss.item()
      sums.merge(watched(ranked, of: batch.count)) { $0 + $1 }
    }
    return sums
  }

  /// Returns the share of ordered pairs in the right order and the lead of the better answers, each
  /// as a mean over the judgements of the step.
  private static func watched(_ ranked: [RankedScores], of count: Int) -> [String: Double] {
    noGradient {
      var sums = ["accuracy": 0.0, "margin": 0.0]
      for one in ranked where !one.pairs.isEmpty {
        let scores = one.scores.floats().map(Double.init)
        let leads = one.pairs.map { scores[$0.winner] - scores[$0.loser] }
        let share = 1 / Double(leads.count * count)
        sums["accuracy", default: 0] += Double(leads.count { $0 > 0 }) * share
        sums["margin", default: 0] += leads.reduce(0, +) * share
      }
      return sums
    }
  }

  private static func normalize(
    _ model: RewardModel, _ stage: RewardOptions, _ train: [RewardExample],
    _ dataset: TrainingDataset, _ reader: RewardReader, _ options: TrainingOptions
  ) throws {
    var random = RandomStream(seed: options.seed, .scaleAnswers)
    func scores(_ completions: [TokenisedResponse]) throws -> [Float] {
      try model.scores(
        Array(random.shuffled(completions).prefix(normalizationSamples)),
        tokensAtOnce: options.microBatchTokens)
    }
    switch stage.normalization {
    case .none: return
    case .unit: model.normalize(scores: try scores(train.flatMap(\.completions)))
    case .demonstrations:
      let demonstrations = try dataset.rows(.train).flatMap(\.row.demonstrations).flatMap {
        try reader.read($0.prompt, [$0.answer]).completions
      }
      guard !demonstrations.isEmpty else {
        throw AlignmentError.tooLittleData(
          "\(dataset.path): normalization=demonstrations needs demonstrations in the train split.")
      }
      model.centre(scores: try scores(demonstrations))
    }
  }
}

extension RewardModel {
  /// Returns the scores of the responses of some judgements, with gradients.
  func ranked(_ part: [RewardExample]) -> [RankedScores] {
    let scores = scores(CompletionBatch(part.flatMap(\.completions), for: trunk))
    var start = 0
    return part.map { example in
      let range = start..<(start + example.completions.count)
      start = range.upperBound
      return example.ranked(scores[range])
    }
  }
}
