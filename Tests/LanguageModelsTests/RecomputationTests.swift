import LanguageModels
import Testing
import Torch

@Suite("Blocks that are computed again")
struct RecomputationTests {
  private static func gradients(recomputes: Bool, adapters: Bool) throws -> [[Float]] {
    let model = try TinyModel.make()
    if adapters {
      model.addAdapters(rank: 2, alpha: 4, generator: Generator(seed: 3))
      let random = Generator(seed: 4)
      noGradient {
        for parameter in model.trainedParameters {
          parameter.value.assign(random.normal(parameter.shape, deviation: 0.2))
        }
      }
    } else {
      model.trainAllWeights()
    }
    model.recomputesBlocks = recomputes
    model.logProbabilities(TokenBatch([[3, 1, 4, 1, 5], [9, 2, 6]])).sum().backward()
    return model.trainedParameters.map { $0.value.gradient?.floats() ?? [] }
  }

  @Test("The gradients are the same bits, with adapters and without", arguments: [false, true])
  func gradients(adapters: Bool) throws {
    let kept = try Self.gradients(recomputes: false, adapters: adapters)
    let recomputed = try Self.gradients(recomputes: true, adapters: adapters)

    #expect(kept == recomputed)
    #expect(kept.allSatisfy { $0.contains { $0 != 0 } })
  }
}
