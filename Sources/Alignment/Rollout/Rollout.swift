import Foundations
import LanguageModels
import PreferenceData
import Torch

/// One sampled answer with the numbers that learning needs.
struct Episode: Codable {
  var completion: TokenisedResponse
  /// The prompt, for reward models that read text; not sent to other processes.
  var prompt = TrainingPrompt.messages([])
  /// The rank of the process that sampled it and learns from it.
  var worker = 0
  /// Whether the answer ended before the token limit.
  var endedItself: Bool
  /// The reward model's score, with the penalty for a missing end.
  var score: Float = 0
  /// The standard deviation of an ensemble's scores.
  var disagreement: Float = 0
  /// log π of the policy that sampled the answer, one number per response token. The arrays below
  /// have the same length.
  var logProbabilities: [Float] = []
  var reference: [Float] = []
  var values: [Float] = []
  var advantages: [Float] = []
  var returns: [Float] = []

  private enum CodingKeys: String, CodingKey {
    case completion, worker, endedItself, score, disagreement, logProbabilities, reference, values
    case advantages, returns
  }

  /// log π − log ρ summed over the response tokens: an estimate of the KL in nats.
  var kl: Double { zip(logProbabilities, reference).reduce(0) { $0 + Double($1.0 - $1.1) } }
}

/// Samples answers and computes everything about them that stays fixed during learning.
struct Rollout {
  let policy: Policy
  let rewardModel: RewardEnsemble
  let training: TrainingOptions
  let options: RolloutOptions
  let workers: Workers

  var streams: RolloutStreams { RolloutStreams(seed: training.seed) }

  /// Samples one answer per prompt from the policy. `first` is the number of the first prompt in the
  /// round, which selects its random numbers.
  func sample(_ prompts: [PolicyPromptIDs], random: RandomStream, from first: Int = 0) throws
    -> [Episode]
  {
    let requests = RolloutStreams.requests(prompts.map(\.ids), random: random, from: first)
    let room = BatchGenerator.room(
      for: requests, maxNewTokens: options.maxNewTokens, batch: 64,
      limit: policy.model.configuration.contextLength)
    let generator = try BatchGenerator(
      policy.model,
      options: SamplingOptions(
        temperature: options.temperature, maxNewTokens: options.maxNewTokens),
      slots: room.slots, contextLength: room.contextLength)
    let generations = try generator.generate(requests) { _, _ in }
    return zip(prompts, generations).map { prompt, generation in
      Episode(
        completion: TokenisedResponse(prompt: prompt.ids, response: generation.ids),
        prompt: prompt.prompt, worker: workers.rank,
        endedItself: generation.finish == .stop)
    }
  }

  /// Returns the episodes with their scores, values, and log-probabilities under policy and
  /// reference.
  ///
  /// The micro-batches are those that learning uses, so that at the first step the ratio of new to
  /// old probabilities is exactly 1 (`docs/decisions/ratio-is-one.md`).
  ///
  /// - Parameter group: The number of consecutive episodes that stay in one micro-batch.
  func evaluate(_ episodes: [Episode], group: Int = 1) throws -> [MicroBatch] {
    try noGradient {
      try microBatches(episodes, group).map { part in
        let batch = CompletionBatch(part.map(\.completion), for: policy.model)
        let scores = try rewardModel.scores(part, batch, tokensAtOnce: training.microBatchTokens)
        let evaluated = policy.evaluate(batch, temperature: options.temperature)
        let reference = policy.referenceLogProbabilities(batch, temperature: options.temperature)
        let columns = try [evaluated.logProbabilities, reference, evaluated.values].map {
          let numbers = $0.floats()
          try checkFinite(numbers, "log-probabilities and values", of: policy.weights)
          return numbers.split(lengths: batch.responseLengths)
        }
        return part.indices.map { i in
          var episode = part[i]
          episode.score = score(scores[i].score, endedItself: episode.endedItself)
          episode.disagreement = scores[i].disagreement
          episode.logProbabilities = columns[0][i]
          episode.reference = columns[1][i]
          episode.values = columns[2][i]
          return episode
        }
      }
    }
  }

  private func score(_ score: Float, endedItself: Bool) -> Float {
    if endedItself { return score }
    let penalty = Float(options.missingEndPenalty)
    return options.missingEndReplaces ? -penalty : score - penalty
  }

  private func microBatches(_ episodes: [Episode], _ group: Int) -> [MicroBatch] {
    guard !episodes.isEmpty else { return [] }
    return episodes.chunks(of: group).parted(into: options.minibatches).flatMap { groups in
      MicroBatches.split(
        groups, limit: training.microBatchTokens,
        size: { $0.reduce(0) { $0 + $1.completion.count } },
        shared: { $0[$0.count - 1].completion.sharedCount(with: $1[0].completion) }
      ).map { Array($0.joined()) }
    }
  }
}

extension Array {
  func split(lengths: [Int]) -> [[Element]] {
    var start = 0
    return lengths.map { length in
      defer { start += length }
      return Array(self[start..<(start + length)])
    }
  }

  /// Splits the elements into groups of the sizes of `parts`.
  func regrouped<Item>(like parts: [[Item]]) -> [[Element]] { split(lengths: parts.map(\.count)) }
}
