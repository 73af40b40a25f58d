import Foundations
import LanguageModels

/// The random numbers that an online run samples answers with.
package struct RolloutStreams {
  private let seed: Int

  package init(seed: Int) { self.seed = seed }

  /// Answers of one round, counted from 0, that the policy learns from.
  package func round(_ number: Int) -> RandomStream {
    RandomStream(seed: seed, .rollouts, number)
  }

  /// Answers to held-out prompts: the same numbers before, during and after training, so that what
  /// changes is the policy's doing.
  package var heldOut: RandomStream { RandomStream(seed: seed, .heldOutAnswers) }

  /// One answer a prompt, each with the substream of its number; `first` is that of the first one.
  package static func requests(
    _ prompts: [[Int]], random: RandomStream, from first: Int = 0
  ) -> [GenerationRequest] {
    prompts.enumerated().map {
      GenerationRequest(ids: $1, random: random.substream(first + $0))
    }
  }
}
