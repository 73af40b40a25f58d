import Foundations
import LanguageModels
import PreferenceData
import Torch

/// Proximal policy optimisation with a value head (Schulman et al. 2017; Ziegler et al. 2019).
struct PPOMethod: PolicyMethod {
  let options: PPOOptions
  private var controller: KLController
  private var pretraining: DataCursor<[Int]>?
  private var scores = RunningMoments()
  private var rounds = 0
  private var isWarmingUp: Bool { rounds < options.criticWarmup }

  var name: String { "ppo" }
  var responses: Int { 1 }
  var extraPasses: Int { options.ptxCoefficient > 0 ? 1 : 0 }
  var metrics: [String: Double] { ["klCoefficient": controller.coefficient] }

  /// - Parameter pretraining: Blocks of token ids for PPO-ptx.
  init(_ options: PPOOptions, pretraining: [[Int]], seed: Int) {
    self.options = options
    controller = KLController(
      coefficient: options.klCoefficient, target: options.klTarget, horizon: options.klHorizon)
    if let first = pretraining.first {
      self.pretraining = DataCursor(
        pretraining, batch: max(1, options.ptxTokens / max(first.count, 1)),
        random: RandomStream(seed: seed, .mixedTextOrder), crossesEpochs: true)
    }
  }

  mutating func addingAdvantages(to parts: [MicroBatch]) -> [MicroBatch] {
    if options.scalesScores { scores.add(parts.joined().map(\.score)) }
    let scale = options.scalesScores ? Float(1 / scores.deviation) : 1
    var rewards = parts.joined().map { episode in
      AdvantageEstimation.tokenRewards(
        logProbabilities: episode.logProbabilities, reference: episode.reference,
        score: options.bounded(score: episode.score * scale),
        klCoefficient: Float(controller.coefficient))
    }
    if options.whitensRewards {
      rewards = options.whitening(rewards.flatMap { $0 }, shiftsMean: false)
        .split(lengths: rewards.map(\.count))
    }
    var episodes = Array(parts.joined())
    for i in episodes.indices {
      (episodes[i].advantages, episodes[i].returns) = AdvantageEstimation.estimate(
        rewards: rewards[i], values: episodes[i].values, gamma: Float(options.gamma),
        lambda: Float(options.lambda))
    }
    let parts = episodes.regrouped(like: parts)
    return options.whitening.isPerMinibatch ? parts : whitened(parts)
  }

  /// Whitens the advantages over the minibatch, for variants that do not whiten over the round.
  func prepare(_ minibatch: [MicroBatch]) -> [MicroBatch] {
    options.whitening.isPerMinibatch ? whitened(minibatch) : minibatch
  }

  private func whitened(_ parts: [MicroBatch]) -> [MicroBatch] {
    var episodes = Array(parts.joined())
    let white = options.whitening(episodes.flatMap(\.advantages))
      .split(lengths: episodes.map(\.advantages.count))
    for i in episodes.indices { episodes[i].advantages = options.bounded(white[i]) }
    return episodes.regrouped(like: parts)
  }

  func accumulate(
    _ part: MicroBatch, policy: Policy, step: MinibatchSize, temperature: Double
  ) -> LossNumbers {
    let batch = CompletionBatch(part.map(\.completion), for: policy.model)
    let evaluated = policy.evaluate(batch, temperature: temperature, isFixed: isWarmingUp)
    func column(_ path: KeyPath<Episode, [Float]>) -> Tensor {
      Tensor(part.flatMap { $0[keyPath: path] })
    }
    let policyLoss = ProximalPolicy.policyLoss(
      logProbabilities: evaluated.logProbabilities, old: column(\.logProbabilities),
      advantages: column(\.advantages), clipRange: options.clipRange)
    let valueLoss = ProximalPolicy.valueLoss(
      values: evaluated.values, old: column(\.values), returns: column(\.returns),
      clipRange: options.valueClipRange)
    let weighted = options.valueCoefficient * valueLoss
    let loss =
      (isWarmingUp ? weighted : policyLoss.sum + weighted) / Double(max(step.tokens, 1))
    loss.backward()
    let sums = [
      "policyLoss": policyLoss.sum.item(), "valueLoss": valueLoss.item(),
      "approximateKL": policyLoss.approximateKL, "clippedShare": policyLoss.clipped,
      "entropy": evaluated.entropy.sum().item(),
    ]
    return LossNumbers(loss: loss.item(), sums: sums, largestRatio: policyLoss.largestRatio)
  }

  /// −γ · mean log π over pretraining tokens, in the same gradient (Ouyang et al. 2022, equation 2).
  ///
  /// A separate optimiser step would not do: Adam divides by the gradient's size, so γ would cancel.
  mutating func accumulateExtra(_ policy: Policy, workers: Workers) -> [String: Double] {
    guard !isWarmingUp, options.ptxCoefficient > 0, let blocks = pretraining?.next() else {
      return [:]
    }
    let own = workers.share(blocks)
    guard !own.isEmpty else { return [:] }
    let batch = TokenBatch(own, on: policy.model.device)
    let tokens = blocks.reduce(0) { $0 + $1.count - 1 }
    let mean = -policy.model.logProbabilities(batch).sum() / Double(tokens)
    let loss = mean * options.ptxCoefficient
    loss.backward()
    return ["loss": loss.item(), "ptxLoss": mean.item()]
  }

  mutating func endRound(kl: Double, episodes: Int) {
    // During the warm-up the policy does not move, so its KL says nothing about the coefficient.
    if !isWarmingUp { controller.update(kl: kl, episodes: episodes) }
    rounds += 1
  }

  var state: JSONValue {
    var state: [String: JSONValue] = [
      "klCoefficient": .number(controller.coefficient), "rounds": .integer(rounds),
    ]
    if options.scalesScores { state["scores"] = scores.json }
    if let pretraining { state["pretraining"] = pretraining.state }
    return .object(state)
  }

  mutating func restore(_ state: JSONValue?) {
    guard let coefficient = state?["klCoefficient"]?.doubleValue else { return }
    controller = KLController(
      coefficient: coefficient, target: options.klTarget, horizon: options.klHorizon)
    rounds = state?["rounds"]?.intValue ?? 0
    _ = pretraining?.restore(state?["pretraining"])
    if let stored = state?["scores"].flatMap(RunningMoments.init(json:)) { scores = stored }
  }
}
