import Foundation
import LanguageModels
import PreferenceData
import Torch

/// Policy tuning by proximal policy optimisation against a reward model, near a reference.
public enum PolicyStage {
  public static let sections: [any SettingsSection] = [training, PolicyOptions()]

  private static var training: TrainingOptions {
    var options = TrainingOptions()
    options.learningRate = 3e-4
    options.schedule = .linear
    options.warmup = 0
    options.epsilon = 1e-5
    return options
  }

  /// - Parameter prompts: The file of prompts; without it, those of the dataset.
  public static func run(_ request: StageRequest, rewardModel: URL, prompts: String?) throws
    -> StageSummary
  {
    let training = try request.settings.section(TrainingOptions.self).checked()
    let options = try request.settings.section(PolicyOptions.self).checked()
    let progress = ProgressReport(stage: "ppo", style: request.progress)
    let generator = Generator(seed: UInt64(training.seed))
    let policy = try Policy(folder: request.model, options: training, generator: generator)
    let rollout = Rollout(
      policy: policy,
      rewardModel: try RewardModel(folder: rewardModel, precision: training.precision),
      training: training, options: options)
    let encoder = try ConversationEncoder(
      folder: request.model, configuration: policy.model.configuration,
      maxLength: training.maxLength)
    let all =
      try prompts.map(PolicyPrompt.read(path:))
      ?? PolicyPrompt.distinct(PreferenceDataset(path: request.dataset).records)
    func part(_ split: Split) throws -> [PolicyPrompt] {
      let found = all.filter { ($0.split ?? .train) == split }
      guard !found.isEmpty else {
        throw AlignmentError.tooLittleData(
          "\(prompts ?? request.dataset): there is no prompt with split “\(split.rawValue)”.")
      }
      return found
    }
    func ids(_ prompts: [PolicyPrompt]) -> [[Int]] {
      prompts.map {
        encoder.prompt($0.messages, limit: training.maxLength - options.maxNewTokens)
      }
    }
    let train = ids(try part(.train))
    let heldOut = try part(.validation)
    let held = ids(heldOut)
    let run = try RunFolder(request.output, settings: request.settings)
    let before = try rollout.measure(held)
    var learner = PolicyLearner(
      rollout: rollout, run: run, progress: progress, prompts: train)
    try learner.learn()
    let after = try rollout.measure(held)
    try policy.model.save(to: run.model, tokenizerFolder: request.model)
    let summary = StageSummary(
      model: run.model.path,
      metrics: [
        "before": before.json, "after": after.json, "iterations": .integer(options.iterations),
        "episodes": .integer(options.iterations * options.episodes),
        "klCoefficient": .number(learner.klCoefficient), "prompts": .integer(train.count),
        "heldOutPrompts": .integer(held.count),
        "samples": .array(samples(heldOut, before, after, encoder)),
      ],
      seconds: progress.seconds, peakBytes: peakBytes(),
      precision: policy.model.computeType.rawValue)
    try run.finish(summary)
    return summary
  }
}

extension PolicyStage {
  private static let sampleCount = 6

  /// Answers to some held-out prompts, before and after, drawn with the same random numbers.
  private static func samples(
    _ prompts: [PolicyPrompt], _ before: PolicyQuality, _ after: PolicyQuality,
    _ encoder: ConversationEncoder
  ) -> [JSONValue] {
    func answer(_ answer: (ids: [Int], score: Float)) -> JSONValue {
      ["text": .string(encoder.text(answer.ids)), "score": .number(Double(answer.score))]
    }
    return zip(prompts, zip(before.answers, after.answers)).prefix(sampleCount).map {
      prompt, answers in
      [
        "prompt_id": .string(prompt.promptID),
        "prompt": .string(prompt.messages.last?.content ?? ""),
        "before": answer(answers.0), "after": answer(answers.1),
      ]
    }
  }
}

/// The loop of PPO: sample, appraise, learn.
struct PolicyLearner {
  private let rollout: Rollout
  private let run: RunFolder
  private let progress: ProgressReport
  private let trainer: Trainer
  private let prompts: [[Int]]
  private var order: DataOrder
  private var queue: [[Int]] = []
  private var controller: KLController

  var klCoefficient: Double { controller.coefficient }
  private var options: PolicyOptions { rollout.options }

  init(rollout: Rollout, run: RunFolder, progress: ProgressReport, prompts: [[Int]]) {
    self.rollout = rollout
    self.run = run
    self.progress = progress
    self.prompts = prompts
    let options = rollout.options
    order = DataOrder(seed: rollout.training.seed)
    controller = KLController(
      coefficient: options.klCoefficient, target: options.klTarget, horizon: options.klHorizon)
    trainer = Trainer(
      rollout.policy.trainedParameters, options: rollout.training,
      steps: options.iterations * options.ppoEpochs * options.minibatches, run: run)
  }

  mutating func learn() throws {
    for iteration in 0..<options.iterations {
      try Interruption.check(step: iteration, of: options.iterations)
      let seed = UInt64(rollout.training.seed) << 32 &+ UInt64(iteration * options.episodes)
      let sampled = try rollout.sample(
        nextPrompts(), from: rollout.policy.model, seed: seed)
      let parts = withAdvantages(rollout.appraise(sampled))
      let metrics = try update(parts).merging(summary(of: parts)) { $1 }
      try trainer.record(metrics, stage: "ppo")
      progress.update(step: iteration + 1, of: options.iterations, metrics)
      let kl = metrics["kl"] ?? 0
      controller.update(kl: kl, episodes: options.episodes)
    }
  }

  private mutating func nextPrompts() -> [[Int]] {
    while queue.count < options.episodes { queue += order.shuffled(prompts) }
    defer { queue.removeFirst(options.episodes) }
    return Array(queue.prefix(options.episodes))
  }

  private func withAdvantages(_ parts: [[Episode]]) -> [[Episode]] {
    let estimated = parts.map { part in
      part.map { episode -> Episode in
        var episode = episode
        let rewards = AdvantageEstimation.tokenRewards(
          logProbabilities: episode.logProbabilities, reference: episode.reference,
          score: episode.score, klCoefficient: Float(controller.coefficient))
        (episode.advantages, episode.returns) = AdvantageEstimation.estimate(
          rewards: rewards, values: episode.values, gamma: Float(options.gamma),
          lambda: Float(options.lambda))
        return episode
      }
    }
    let whitened = options.whitening(estimated.flatMap { $0.flatMap(\.advantages) })
    var start = 0
    return estimated.map { part in
      part.map { episode in
        var episode = episode
        let end = start + episode.advantages.count
        episode.advantages = Array(whitened[start..<end])
        start = end
        return episode
      }
    }
  }

  /// Learns from the episodes of one round; micro-batches keep the shape they were appraised in.
  private mutating func update(_ parts: [[Episode]]) throws -> [String: Double] {
    var totals: [String: Double] = [:]
    var tokensSeen = 0.0
    var largestRatio = 0.0
    var firstRatio: Double?
    var last: [String: Double] = [:]
    for _ in 0..<options.ppoEpochs {
      for minibatch in minibatches(order.shuffled(parts)) {
        let tokens = Double(
          minibatch.reduce(0) { $0 + $1.reduce(0) { $0 + $1.advantages.count } })
        last = try trainer.update {
          var loss = 0.0
          for part in minibatch {
            let (value, numbers) = accumulate(part, tokens: tokens)
            loss += value
            totals.merge(numbers.sums) { $0 + $1 }
            largestRatio = max(largestRatio, numbers.largestRatio)
          }
          return loss
        }
        firstRatio = firstRatio ?? largestRatio
        tokensSeen += tokens
      }
    }
    var metrics = totals.mapValues { $0 / tokensSeen }
    metrics["largestRatio"] = largestRatio
    // Before the first update of a round new and old probabilities are the same bits: exactly 1.
    metrics["firstRatio"] = firstRatio ?? 1
    return metrics.merging(last) { $1 }
  }

  /// Groups micro-batches into `minibatches` optimiser steps of about equal size.
  private func minibatches(_ parts: [[Episode]]) -> [[[Episode]]] {
    parts.chunks(of: max(1, (parts.count + options.minibatches - 1) / options.minibatches))
  }

  private struct Numbers {
    var sums: [String: Double]
    var largestRatio: Double
  }

  private func accumulate(_ part: [Episode], tokens: Double) -> (Double, Numbers) {
    let batch = CompletionBatch(part.map(\.completion), on: rollout.policy.model.device)
    let evaluated = rollout.policy.evaluate(batch, temperature: options.temperature)
    func column(_ path: KeyPath<Episode, [Float]>) -> Tensor {
      Tensor(part.flatMap { $0[keyPath: path] })
    }
    let policyLoss = ProximalPolicy.policyLoss(
      logProbabilities: evaluated.logProbabilities, old: column(\.logProbabilities),
      advantages: column(\.advantages), clipRange: options.clipRange)
    let valueLoss = ProximalPolicy.valueLoss(
      values: evaluated.values, old: column(\.values), returns: column(\.returns),
      clipRange: options.valueClipRange)
    let loss = (policyLoss.sum + options.valueCoefficient * valueLoss) / tokens
    loss.backward()
    let sums = [
      "policyLoss": policyLoss.sum.item(), "valueLoss": valueLoss.item(),
      "approximateKL": policyLoss.approximateKL, "clippedShare": policyLoss.clipped,
      "entropy": evaluated.entropy.sum().item(),
    ]
    return (loss.item(), Numbers(sums: sums, largestRatio: policyLoss.largestRatio))
  }

  private func summary(of parts: [[Episode]]) -> [String: Double] {
    let episodes = parts.flatMap { $0 }
    let count = Double(episodes.count)
    return [
      "reward": episodes.reduce(0) { $0 + Double($1.score) } / count,
      "kl": episodes.reduce(0) { $0 + $1.kl } / count,
      "length": Double(episodes.reduce(0) { $0 + $1.completion.response.count }) / count,
      "ended": Double(episodes.count(where: \.endedItself)) / count,
      "klCoefficient": controller.coefficient,
    ]
  }
}
