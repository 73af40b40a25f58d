import Torch

/// Methods without a critic: RLOO, GRPO and its variants, REINFORCE++.
struct GroupMethod: PolicyMethod {
  let name: String
  let options: GroupOptions
  let maxNewTokens: Int

  var responses: Int { options.responses }

  func addingAdvantages(to parts: [MicroBatch]) -> [MicroBatch] {
    var episodes = Array(parts.joined())
    let advantages =
      options.klPlace == .tokens ? tokenAdvantages(episodes) : groupAdvantages(episodes)
    for i in episodes.indices { episodes[i].advantages = advantages[i] }
    return episodes.regrouped(like: parts)
  }

  private func groupAdvantages(_ episodes: [Episode]) -> [[Float]] {
    let scores = episodes.map { episode -> Double in
      let penalty = options.klPlace == .score ? options.klCoefficient * episode.kl : 0
      return Double(episode.score) - penalty
    }
    let advantages = options.advantage(scores.chunks(of: options.responses)).joined()
    return zip(episodes, advantages).map { episode, advantage in
      Array(repeating: Float(advantage), count: episode.logProbabilities.count)
    }
  }

  private func tokenAdvantages(_ episodes: [Episode]) -> [[Float]] {
    GroupAdvantage.globalTokens(
      scores: episodes.map { Double($0.score) },
      kl: episodes.map { zip($0.logProbabilities, $0.reference).map { Double($0 - $1) } },
      coefficient: options.klCoefficient, whitening: options.whitening)
  }

  func accumulate(
    _ part: MicroBatch, policy: Policy, step: MinibatchSize, temperature: Double
  ) -> LossNumbers {
    let batch = CompletionBatch(part.map(\.completion), for: policy.model)
    let evaluated = policy.evaluate(batch, temperature: temperature)
    func column(_ path: KeyPath<Episode, [Float]>) -> Tensor {
      Tensor(part.flatMap { $0[keyPath: path] })
    }
    let gradient = PolicyGradient.loss(
      logProbabilities: evaluated.logProbabilities, old: column(\.logProbabilities),
      advantages: column(\.advantages), lengths: batch.responseLengths, level: options.ratio,
      clip: (1 - options.clipLow)...(1 + options.clipHigh))
    let weights = Tensor(
      options.aggregation.weights(
        lengths: batch.responseLengths, sequences: step.sequences, tokens: step.tokens,
        longest: maxNewTokens))
    var tokens = gradient.tokens
    if options.klPlace == .loss {
      let kl = options.klEstimator(
        logProbabilities: evaluated.logProbabilities, reference: column(\.reference))
      tokens =
        tokens + options.klCoefficient * (options.klWeightedByRatio ? kl * gradient.ratio : kl)
    }
    let loss = (tokens * weights).sum()
    loss.backward()
    let difference = evaluated.logProbabilities.detached() - column(\.logProbabilities)
    return LossNumbers(
      loss: loss.item(),
      sums: [
        "policyLoss": gradient.tokens.sum().item(), "clippedShare": gradient.clipped,
        "approximateKL": 0.5 * difference.square().sum().item(),
        "entropy": evaluated.entropy.sum().item(),
      ], largestRatio: gradient.largestRatio)
  }
}
