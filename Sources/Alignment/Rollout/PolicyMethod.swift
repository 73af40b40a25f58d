import LanguageModels
import PreferenceData
import Torch

/// Episodes that share one forward and backward pass.
typealias MicroBatch = [Episode]

/// A method of learning from sampled answers and their scores.
protocol PolicyMethod {
  /// The name of its command.
  var name: String { get }
  /// Answers per prompt in each round.
  var responses: Int { get }
  /// Whether all answers to one prompt must be in the same micro-batch.
  var keepsGroupsTogether: Bool { get }
  /// Returns the episodes of a round with their advantages. The episodes come in the order in which
  /// they were sampled.
  mutating func addingAdvantages(to parts: [MicroBatch]) -> [MicroBatch]
  /// Prepares the episodes of one optimiser step, before any of its backward passes.
  func prepare(_ minibatch: [MicroBatch]) -> [MicroBatch]
  /// Adds the gradients of one micro-batch. `step` is the size of the whole optimiser step.
  func accumulate(
    _ part: MicroBatch, policy: Policy, step: MinibatchSize, temperature: Double
  ) -> LossNumbers
  /// The most backward passes that `accumulateExtra` makes.
  var extraPasses: Int { get }
  /// Adds gradients that belong to the optimiser step as a whole, and returns their numbers.
  mutating func accumulateExtra(_ policy: Policy, workers: Workers) -> [String: Double]
  /// Updates the state that changes from round to round. `kl` is in nats per answer.
  mutating func endRound(kl: Double, episodes: Int)
  /// Numbers to record with each round.
  var metrics: [String: Double] { get }
  /// The state that a checkpoint stores.
  var state: JSONValue { get }
  mutating func restore(_ state: JSONValue?)
}

extension PolicyMethod {
  var keepsGroupsTogether: Bool { false }
  func prepare(_ minibatch: [MicroBatch]) -> [MicroBatch] { minibatch }
  var extraPasses: Int { 0 }
  var metrics: [String: Double] { [:] }
  var state: JSONValue { .null }
  mutating func accumulateExtra(_ policy: Policy, workers: Workers) -> [String: Double] { [:] }
  mutating func endRound(kl: Double, episodes: Int) {}
  mutating func restore(_ state: JSONValue?) {}
}

/// The size of a whole optimiser step, over all of its micro-batches.
struct MinibatchSize {
  /// Episodes.
  let sequences: Int
  /// Response tokens.
  let tokens: Int
}

/// The numbers that one micro-batch adds to those of its optimiser step.
struct LossNumbers {
  var loss: Double
  /// Sums over response tokens, by name.
  var sums: [String: Double]
  /// The largest ratio of new to old probability of a token.
  var largestRatio: Double
}
