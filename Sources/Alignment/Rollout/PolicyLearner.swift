import Foundation
import Foundations
import LanguageModels
import PreferenceData
import Torch

/// The loop of all online methods: sample answers, evaluate them, learn from them.
struct PolicyLearner {
  private let rollout: Rollout
  private let run: StageFolder
  private let trainer: Trainer
  private var prompts: DataCursor<PolicyPromptIDs>
  private(set) var method: any PolicyMethod
  private let guardOptions: GuardOptions
  private var limits: OptimisationGuard
  private var best: BestPolicy
  private let heldOut: [PolicyPromptIDs]
  private let progress: ProgressReport

  private var options: RolloutOptions { rollout.options }
  private var workers: Workers { run.workers }

  init(
    rollout: Rollout, method: any PolicyMethod, run: StageFolder, progress: ProgressReport,
    prompts: [PolicyPromptIDs], plan: EpochPlan, heldOut: [PolicyPromptIDs],
    guardOptions: GuardOptions
  ) {
    self.rollout = rollout
    self.guardOptions = guardOptions
    self.heldOut = heldOut
    self.progress = progress
    limits = OptimisationGuard(guardOptions)
    best = BestPolicy(rollout.policy.trainedParameters, run: run)
    self.method = method
    self.run = run
    let options = rollout.options
    self.prompts = DataCursor(
      prompts, plan: plan, batch: options.episodes / method.responses,
      random: RandomStream(seed: rollout.training.seed, .promptOrder), crossesEpochs: true,
      shuffles: rollout.training.shuffle)
    trainer = Trainer(
      stage: method.name, rollout.policy.trainedParameters, options: rollout.training,
      total: options.iterations,
      updates: options.iterations * options.ppoEpochs * options.minibatches, run: run,
      progress: progress)
  }

  mutating func learn() throws {
    try resume()
    while trainer.done < trainer.total {
      let round = trainer.done
      let chosen = prompts.next().flatMap {
        Array(repeating: $0, count: method.responses)
      }
      let group = method.keepsGroupsTogether ? method.responses : 1
      let groups = workers.range(of: chosen.count / group)
      let own = groups.lowerBound * group..<groups.upperBound * group
      let sampled = try rollout.sample(
        Array(chosen[own]), random: rollout.streams.round(round), from: own.lowerBound)
      let evaluated = try workers.gather(try rollout.evaluate(sampled, group: group))
        .flatMap { $0 }
      let parts = method.addingAdvantages(to: evaluated)
      if options.recordRollouts { try run.recordRollout(Array(parts.joined()), round: round + 1) }
      let summary = RoundSummary(Array(parts.joined()))
      let reason = limits.breach(
        round: round + 1, kl: summary.kl, length: summary.length,
        disagreement: summary.disagreement)
      if let reason { progress.warn("round \(round + 1): \(reason).") }
      if reason != nil, guardOptions.guardAction == .stop { break }
      if reason != nil, guardOptions.guardAction == .lower { trainer.learningRateScale /= 2 }
      // The method's numbers are those that the round was learned with.
      let methodMetrics = method.metrics
      var metrics = try update(parts, names: chosen.map(\.name))
        .merging(summary.metrics) { $1 }.merging(methodMetrics) { $1 }
      method.endRound(kl: summary.kl, episodes: options.episodes)
      if reason == nil { metrics.merge(try measureForBest(round: round + 1)) { $1 } }
      try trainer.advance(metrics, state: state)
    }
    try trainer.finish()
    try best.restoreBest(warn: progress.warn)
  }

  /// Measures the policy on held-out prompts every `keepBestEvery` rounds, and keeps it if its score
  /// less the ensemble's disagreement is the best so far.
  private mutating func measureForBest(round: Int) throws -> [String: Double] {
    guard guardOptions.keepBestEvery > 0,
      round % guardOptions.keepBestEvery == 0 || round == trainer.total
    else { return [:] }
    let quality = try rollout.measure(heldOut)
    // The new policy must keep within the KL limit too, not only the one that sampled the round.
    if guardOptions.klLimit == 0 || quality.kl <= guardOptions.klLimit {
      try best.offer(quality.reward.value - quality.disagreement, round: round)
    }
    return ["heldOutReward": quality.reward.value, "heldOutKL": quality.kl]
  }

  /// The guard's results: the last round, the reason for stopping, and the round that was kept.
  var guardMetrics: [String: JSONValue] {
    var metrics: [String: JSONValue] = ["rounds": .integer(trainer.done)]
    if let breach = limits.firstBreach {
      metrics["guard"] = [
        "round": .integer(breach.round), "reason": .string(breach.reason),
        "action": .string(guardOptions.guardAction.rawValue),
      ]
    }
    if let round = best.round { metrics["bestRound"] = .integer(round) }
    return metrics
  }

  private var state: [String: JSONValue] {
    [
      "prompts": prompts.state, "method": method.state,
      "guard": limits.state, "best": best.state,
      "learningRateScale": .number(trainer.learningRateScale),
    ]
  }

  private mutating func resume() throws {
    guard let state = try trainer.resume() else { return }
    guard prompts.restore(state["prompts"]) else {
      throw AlignmentError.cannotResume(
        path: run.url.path, reason: "the checkpoint does not match these prompts.")
    }
    method.restore(state["method"])
    limits.restore(state["guard"])
    best.restore(state["best"])
    trainer.learningRateScale = state["learningRateScale"]?.doubleValue ?? 1
  }

  /// Learns from the episodes of one round. Micro-batches keep the shape in which they were
  /// evaluated, so that old and new log-probabilities are computed alike.
  private mutating func update(_ parts: [MicroBatch], names: [String]) throws -> [String: Double] {
    var totals: [String: Double] = [:]
    var tokensSeen = 0.0
    var largestRatio = 0.0
    var firstRatio: Double?
    var firstLoss: Double?
    var last: [String: Double] = [:]
    for pass in 0..<options.ppoEpochs {
      var random = RandomStream(
        seed: rollout.training.seed, .microBatchOrder, trainer.done, pass)
      for minibatch in minibatches(random.shuffled(parts)) {
        let minibatch = method.prepare(minibatch)
        let tokens = minibatch.joined().reduce(0) { $0 + $1.advantages.count }
        let size = MinibatchSize(sequences: minibatch.joined().count, tokens: tokens)
        last = try trainer.update(
          batch: names, tokens: minibatch.joined().reduce(0) { $0 + $1.completion.count }
        ) {
          var loss = 0.0
          let own = minibatch.filter { $0.first?.worker == workers.rank }
          try workers.expect(passes: own.count + method.extraPasses)
          for part in own {
            let numbers = method.accumulate(
              part, policy: rollout.policy, step: size, temperature: options.temperature)
            loss += numbers.loss
            totals.merge(numbers.sums) { $0 + $1 }
            largestRatio = max(largestRatio, numbers.largestRatio)
          }
          var extra = method.accumulateExtra(rollout.policy, workers: workers)
          extra["loss", default: 0] += loss
          return extra
        }
        firstRatio = try firstRatio ?? workers.gather(largestRatio).max()
        firstLoss = firstLoss ?? last["loss"]
        tokensSeen += Double(tokens)
      }
    }
    var metrics = try workers.sum(totals).mapValues { $0 / max(tokensSeen, 1) }
    metrics["largestRatio"] = try workers.gather(largestRatio).max()
    // Before the first update of a round, new and old probabilities are the same bits.
    metrics["firstRatio"] = firstRatio ?? 1
    metrics["firstLoss"] = firstLoss
    return metrics.merging(last) { $1 }
  }

  /// Groups micro-batches into `minibatches` optimiser steps of about equal size.
  private func minibatches(_ parts: [MicroBatch]) -> [[MicroBatch]] {
    parts.parted(into: options.minibatches)
  }
}

/// A prompt as tokens, with the name that errors give it.
struct PolicyPromptIDs {
  let name: String
  let ids: [Int]
  var prompt = TrainingPrompt.messages([])
  /// The position of its file among the datasets.
  var file = 0
}

extension StageFolder {
  /// Appends the answers of one round to `rollouts.jsonl`.
  func recordRollout(_ episodes: [Episode], round: Int) throws {
    let file = layout.rollouts
    func numbers(_ values: [Float]) -> JSONValue { .array(values.map { .number(Double($0)) }) }
    func ids(_ values: [Int]) -> JSONValue { .array(values.map(JSONValue.integer)) }
    let lines = episodes.map { episode -> String in
      CanonicalJSON.text([
        "step": .integer(round), "prompt": ids(episode.completion.prompt),
        "response": ids(episode.completion.response), "score": .number(Double(episode.score)),
        "endedItself": .bool(episode.endedItself), "logprobs": numbers(episode.logProbabilities),
        "reference": numbers(episode.reference), "values": numbers(episode.values),
        "advantages": numbers(episode.advantages), "returns": numbers(episode.returns),
      ])
    }
    do {
      if round == 1 || !FileManager.default.fileExists(atPath: file.path) {
        try Data().write(to: file)
      }
      let handle = try FileHandle(forWritingTo: file)
      try handle.seekToEnd()
      try handle.write(contentsOf: Data(lines.map { $0 + "\n" }.joined().utf8))
    } catch {
      throw AlignmentError.output(path: file.path, reason: error.localizedDescription)
    }
  }
}
