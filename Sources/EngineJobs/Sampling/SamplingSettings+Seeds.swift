import Foundations

extension SamplingSettings {
  /// The seed of a model's answers to some prompts, which `sample` draws together.
  ///
  /// It names all of the prompts: what is asked again after an interruption is another set, and
  /// must not get the numbers that other prompts had before.
  package func engineSeed(policy: Int, positions: [Int]) -> UInt64 {
    var random = RandomStream(seed: seed ?? 1, .engineSeeds, indices: [policy] + positions)
    return random.next()
  }

  /// The source of the seeds of an endpoint's answers to one prompt: the same when it is asked
  /// again. Without a seed, endpoints are told none.
  package func endpointSeeds(policy: Int, position: Int) -> RandomStream? {
    seed.map { RandomStream(seed: $0, .endpointSeeds, policy, position) }
  }
}
