import Foundations
import LanguageModels
import PreferenceData
import Torch

/// What tells one method of learning from sampled answers from another.
protocol PolicyMethod {
  var name: String { get }
  /// Answers to each prompt of a round.
  var responses: Int { get }
  /// Whether the answers to one prompt must be in one micro-batch.
  var keepsGroupsTogether: Bool { get }
  /// Fills in the advantages of a round's episodes, given in the order they were sampled in.
  mutating func withAdvantages(_ parts: [[Episode]]) -> [[Episode]]
  /// Adds the gradients of one micro-batch; `step` is what its whole optimiser step holds.
  func accumulate(_ part: [Episode], policy: Policy, step: MinibatchSize, temperature: Double)
    -> LossNumbers
  /// Backward passes that `accumulateExtra` may make.
  var extraPasses: Int { get }
  /// Adds gradients that belong to the optimiser step and to none of its episodes.
  mutating func accumulateExtra(_ policy: Policy) -> [String: Double]
  /// What changes from round to round.
  mutating func endRound(kl: Double, episodes: Int)
  var metrics: [String: Double] { get }
  var state: JSONValue { get }
  mutating func restore(_ state: JSONValue?)
}

extension PolicyMethod {
  var keepsGroupsTogether: Bool { false }
  var extraPasses: Int { 0 }
}

/// The size of a whole optimiser step, which its micro-batches are parts of.
struct MinibatchSize {
  let sequences: Int
  let tokens: Int
}

/// What a micro-batch adds to the numbers of its step.
struct LossNumbers {
  var loss: Double
  /// Sums over tokens.
  var sums: [String: Double]
  var largestRatio: Double
}

/// Proximal policy optimisation with a value head (Schulman et al. 2017; Ziegler et al. 2019).
struct ProximalMethod: PolicyMethod {
  let options: PolicyOptions
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
  init(_ options: PolicyOptions, pretraining: [[Int]], seed: Int) {
    self.options = options
    controller = KLController(
      coefficient: options.klCoefficient, target: options.klTarget, horizon: options.klHorizon)
    if let first = pretraining.first {
      self.pretraining = DataCursor(
        pretraining, batch: max(1, options.ptxTokens / max(first.count, 1)),
        random: RandomStream(seed: seed, .mixedTextOrder), crossesEpochs: true)
    }
  }

  mutating func withAdvantages(_ parts: [[Episode]]) -> [[Episode]] {
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
    if !options.whitening.isPerMinibatch {
      let white = options.whitening(episodes.flatMap(\.advantages))
        .split(lengths: episodes.map(\.advantages.count))
      for i in episodes.indices {
        episodes[i].advantages = options.bounded(white[i])
      }
    }
    return episodes.regrouped(like: parts)
  }

  func accumulate(_ part: [Episode], policy: Policy, step: MinibatchSize, temperature: Double)
    -> LossNumbers
  {
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
  /// A step of its own would not do: Adam divides by the gradient's size, and γ would drop out.
  mutating func accumulateExtra(_ policy: Policy) -> [String: Double] {
    guard !isWarmingUp, options.ptxCoefficient > 0, let blocks = pretraining?.next() else {
      return [:]
    }
    let own = Workers.share(blocks)
    guard !own.isEmpty else { return [:] }
    let batch = TokenBatch(own, on: policy.model.device)
    let tokens = blocks.reduce(0) { $0 + $1.count - 1 }
    let mean = -policy.model.logProbabilities(batch).sum() / Double(tokens)
    let loss = mean * options.ptxCoefficient
    loss.backward()
    return ["loss": loss.item(), "ptxLoss": mean.item()]
  }

  mutating func endRound(kl: Double, episodes: Int) {
    // A policy that was not free to move says nothing of the coefficient.
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
