import Torch

/// Online DPO (Guo et al. 2024): for each prompt, the answer with the highest score is preferred to
/// the one with the lowest, and the policy is trained with a pairwise loss.
struct OnlinePreferenceMethod: PolicyMethod {
  let options: OnlinePreferenceOptions

  var name: String { "online-dpo" }
  var responses: Int { options.responses }
  var keepsGroupsTogether: Bool { true }

  /// Marks the tokens of the preferred answer with 1, those of the rejected answer with −1, and all
  /// others with 0. A prompt whose answers all have the same score adds no pair.
  func addingAdvantages(to parts: [MicroBatch]) -> [MicroBatch] {
    let marked = parts.joined().map { $0 }.chunks(of: responses).flatMap { group -> [Episode] in
      var group = group
      let best = group.indices.max { group[$0].score < group[$1].score } ?? 0
      let worst = group.indices.min { group[$0].score < group[$1].score } ?? 0
      let teaches = group[best].score > group[worst].score
      for i in group.indices {
        let mark: Float = !teaches ? 0 : i == best ? 1 : i == worst ? -1 : 0
        group[i].advantages = group[i].logProbabilities.map { _ in mark }
      }
      return group
    }
    return marked.regrouped(like: parts)
  }

  func accumulate(
    _ part: MicroBatch, policy: Policy, step: MinibatchSize, temperature: Double
  ) -> LossNumbers {
    let chosen = part.filter { $0.advantages.first == 1 }
    let rejected = part.filter { $0.advantages.first == -1 }
    guard !chosen.isEmpty else { return LossNumbers(loss: 0, sums: [:], largestRatio: 1) }
    let episodes = chosen + rejected
    let batch = CompletionBatch(episodes.map(\.completion), for: policy.model)
    let evaluated = policy.evaluate(batch, temperature: temperature)
    let sums = evaluated.logProbabilities.summed(lengths: batch.responseLengths)
    let references = Tensor(episodes.map { $0.reference.reduce(0, +) })
    let count = chosen.count
    let pairs = PairLogProbabilities(
      chosen: sums[0..<count], rejected: sums[count..<(2 * count)],
      referenceChosen: references[0..<count], referenceRejected: references[count..<(2 * count)],
      chosenLengths: Array(batch.responseLengths[..<count]),
      rejectedLengths: Array(batch.responseLengths[count...]))
    var own = DirectPreferenceLoss.Options()
    own.beta = options.beta
    own.labelSmoothing = options.labelSmoothing
    // The mean over all prompts of the step, including those without a pair.
    let loss = options.loss(pairs, own).sum() / Double(step.sequences / responses)
    loss.backward()
    let old = Tensor(episodes.flatMap(\.logProbabilities))
    let ratio = (evaluated.logProbabilities.detached() - old).exp().floats().max() ?? 1
    return LossNumbers(
      loss: loss.item(),
      sums: ["entropy": evaluated.entropy.sum().item()], largestRatio: Double(ratio))
  }
}
