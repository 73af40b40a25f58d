import Foundation
import LanguageModels
import PreferenceData
import Torch

/// The loop of all online methods: sample, appraise, learn.
struct PolicyLearner {
  private let rollout: Rollout
  private let run: RunFolder
  private let trainer: Trainer
  private var prompts: DataCursor<PolicyPromptIDs>
  private var order: DataOrder
  private(set) var method: any PolicyMethod

  private var options: RolloutOptions { rollout.options }

  init(
    rollout: Rollout, method: any PolicyMethod, run: RunFolder, progress: ProgressReport,
    prompts: [PolicyPromptIDs]
  ) {
    self.rollout = rollout
    self.method = method
    self.run = run
    let options = rollout.options
    order = DataOrder(seed: rollout.training.seed)
    self.prompts = DataCursor(
      prompts, batch: options.episodes / method.responses, seed: rollout.training.seed,
      crossesEpochs: true, shuffles: rollout.training.shuffle)
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
      let seed = UInt64(rollout.training.seed) << 32 &+ UInt64(round * options.episodes)
      let chosen = prompts.next().flatMap {
        Array(repeating: $0, count: method.responses)
      }
      let own = Workers.range(of: chosen.count)
      let sampled = try rollout.sample(
        chosen[own].map(\.ids), seed: seed &+ UInt64(own.lowerBound))
      let appraised = try Workers.gather(rollout.appraise(sampled)).flatMap { $0 }
      let parts = method.withAdvantages(appraised)
      if options.recordRollouts { try run.recordRollout(Array(parts.joined()), round: round + 1) }
      let metrics = try update(parts, names: chosen.map(\.name)).merging(summary(of: parts)) { $1 }
      method.endRound(kl: metrics["kl"] ?? 0, episodes: options.episodes)
      try trainer.advance(metrics, state: state)
    }
    trainer.takeAverages()
  }

  private var state: [String: JSONValue] {
    [
      "prompts": prompts.state, "order": .string(String(order.state)), "method": method.state,
    ]
  }

  private mutating func resume() throws {
    guard let state = try trainer.resume() else { return }
    guard prompts.restore(state["prompts"]),
      let random = state["order"]?.stringValue.flatMap(UInt64.init)
    else {
      throw AlignmentError.cannotResume(
        path: run.url.path, reason: "the checkpoint has no place among these prompts.")
    }
    order.state = random
    method.restore(state["method"])
  }

  /// Learns from the episodes of one round; micro-batches keep the shape they were appraised in.
  private mutating func update(_ parts: [[Episode]], names: [String]) throws -> [String: Double] {
    var totals: [String: Double] = [:]
    var tokensSeen = 0.0
    var largestRatio = 0.0
    var firstRatio: Double?
    var firstLoss: Double?
    var last: [String: Double] = [:]
    for _ in 0..<options.ppoEpochs {
      for minibatch in minibatches(order.shuffled(parts)) {
        let minibatch = whitened(minibatch)
        let tokens = minibatch.joined().reduce(0) { $0 + $1.advantages.count }
        let size = MinibatchSize(sequences: minibatch.joined().count, tokens: tokens)
        last = try trainer.update(
          batch: names, tokens: minibatch.joined().reduce(0) { $0 + $1.completion.count }
        ) {
          var loss = 0.0
          for part in minibatch where part.first?.worker == Workers.rank {
            let numbers = method.accumulate(
              part, policy: rollout.policy, step: size, temperature: options.temperature)
            loss += numbers.loss
            totals.merge(numbers.sums) { $0 + $1 }
            largestRatio = max(largestRatio, numbers.largestRatio)
          }
          var extra = method.accumulateExtra(rollout.policy)
          extra["loss", default: 0] += loss
          return extra
        }
        firstRatio = try firstRatio ?? Workers.gather(largestRatio).max()
        firstLoss = firstLoss ?? last["loss"]
        tokensSeen += Double(tokens)
      }
    }
    var metrics = try Workers.sum(totals).mapValues { $0 / max(tokensSeen, 1) }
    metrics["largestRatio"] = try Workers.gather(largestRatio).max()
    // Before the first update of a round new and old probabilities are the same bits: exactly 1.
    metrics["firstRatio"] = firstRatio ?? 1
    metrics["firstLoss"] = firstLoss
    return metrics.merging(last) { $1 }
  }

  /// Advantages whitened minibatch by minibatch, where the method's variant asks for it.
  private func whitened(_ minibatch: [[Episode]]) -> [[Episode]] {
    guard let proximal = method as? ProximalMethod, proximal.options.whitening.isPerMinibatch else {
      return minibatch
    }
    var episodes = Array(minibatch.joined())
    let white = proximal.options.whitening(episodes.flatMap(\.advantages))
      .split(lengths: episodes.map(\.advantages.count))
    for i in episodes.indices { episodes[i].advantages = white[i] }
    return episodes.regrouped(like: minibatch)
  }

  /// Groups micro-batches into `minibatches` optimiser steps of about equal size.
  private func minibatches(_ parts: [[Episode]]) -> [[[Episode]]] {
    parts.chunks(of: max(1, (parts.count + options.minibatches - 1) / options.minibatches))
  }

  private func summary(of parts: [[Episode]]) -> [String: Double] {
    let episodes = parts.flatMap { $0 }
    let count = Double(episodes.count)
    return [
      "reward": episodes.reduce(0) { $0 + Double($1.score) } / count,
      "kl": episodes.reduce(0) { $0 + $1.kl } / count,
      "length": Double(episodes.reduce(0) { $0 + $1.completion.response.count }) / count,
      "ended": Double(episodes.count(where: \.endedItself)) / count,
    ].merging(method.metrics) { $1 }
  }
}

/// A prompt as tokens, with the name that errors give it.
struct PolicyPromptIDs {
  let name: String
  let ids: [Int]
}

extension RunFolder {
  /// Appends the answers of one round to `rollouts.jsonl`.
  func recordRollout(_ episodes: [Episode], round: Int) throws {
    let file = url.appending(path: "rollouts.jsonl")
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
