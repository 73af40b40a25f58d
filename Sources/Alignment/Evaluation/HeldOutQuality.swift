import Foundations
import LanguageModels
import PreferenceData
import Torch

/// How a policy does on held-out prompts.
public struct HeldOutQuality: Sendable {
  /// The reward model's score, by prompt.
  public var reward: Estimate
  /// Nats an answer from the reference.
  public var kl: Double
  /// The mean standard deviation of an ensemble's scores; 0 of a single reward model.
  public var disagreement: Double
  /// Tokens an answer.
  public var length: Double
  /// The share of answers that ended themselves.
  public var ended: Double
  /// The first answer to each prompt, as tokens, with its score.
  var answers: [(ids: [Int], score: Float)]

  public var json: JSONValue {
    .object(
      reward.flat("reward").merging([
        "kl": .number(kl), "disagreement": .number(disagreement), "length": .number(length),
        "ended": .number(ended),
      ]) { $1 })
  }
}

extension Rollout {
  /// Samples `evaluationResponses` answers to each prompt, always with the same random numbers.
  func measure(_ prompts: [PolicyPromptIDs]) throws -> HeldOutQuality {
    let copies = options.evaluationResponses
    let repeated = prompts.flatMap { Array(repeating: $0, count: copies) }
    let episodes = try evaluate(try sample(repeated, random: streams.heldOut)).flatMap { $0 }
    let groups = episodes.map { Double($0.score) }.chunks(of: copies)
    guard let reward = Bootstrap.mean(of: groups) else {
      throw AlignmentError.tooLittleData("there is no held-out prompt to measure the policy on.")
    }
    let count = Double(episodes.count)
    return HeldOutQuality(
      reward: reward, kl: episodes.reduce(0) { $0 + $1.kl } / count,
      disagreement: episodes.reduce(0) { $0 + Double($1.disagreement) } / count,
      length: Double(episodes.reduce(0) { $0 + $1.completion.response.count }) / count,
      ended: Double(episodes.count(where: \.endedItself)) / count,
      answers: episodes.chunks(of: copies).compactMap(\.first).map {
        ($0.completion.response, $0.score)
      })
  }
}
