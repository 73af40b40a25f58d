import Foundations
import LanguageModels

/// The random number streams for sampling answers.
package struct RolloutStreams {
  private let seed: Int

  package init(seed: Int) { self.seed = seed }

  /// The stream for training answers of round `number`, counted from 0.
  package func round(_ number: Int) -> RandomStream {
    RandomStream(seed: seed, .rollouts, number)
  }

  /// The stream for answers to held-out prompts. It is the same before, during and after training, so
  /// that differences come from the policy alone.
  package var heldOut: RandomStream { RandomStream(seed: seed, .heldOutAnswers) }

  /// Returns one request per prompt, each with the substream of its number, counted from `first`.
  package static func requests(
    _ prompts: [[Int]], random: RandomStream, from first: Int = 0
  ) -> [GenerationRequest] {
    prompts.enumerated().map {
      GenerationRequest(ids: $1, random: random.substream(first + $0))
    }
  }
}
