import Alignment
import Foundation
import Testing
import Torch

/// Labellers who call 30 % of pairs equal, by Davidson's model, about a known linear preference.
@Suite("Ties teach")
struct TieTests {
  private static let width = 8
  private static let pairs = 40
  /// log ν for which 30 % of these pairs are ties.
  private static let truth = 0.2

  private struct Sample {
    var features: Tensor
    var winners: [(winner: Int, loser: Int)] = []
    var ties: [(Int, Int)] = []

    /// Draws what a labeller says of each pair (2i, 2i + 1).
    init(_ preference: Tensor, _ generator: Generator) {
      features = generator.normal([2 * pairs, width])
      let scores = features.matmul(preference).floats()
      let draws = generator.uniform([pairs]).floats()
      for pair in 0..<pairs {
        let difference = Double(scores[2 * pair] - scores[2 * pair + 1])
        let middle = exp(truth + difference / 2)
        let total = exp(difference) + 1 + middle
        let draw = Double(draws[pair])
        if draw < exp(difference) / total {
          winners.append((2 * pair, 2 * pair + 1))
        } else if draw < (exp(difference) + middle) / total {
          ties.append((2 * pair, 2 * pair + 1))
        } else {
          winners.append((2 * pair + 1, 2 * pair))
        }
      }
    }

    func learned(_ loss: RankingLoss) -> Tensor {
      let weights = Tensor.zeros([width])
      let tie = Tensor.zeros([1])
      for leaf in [weights, tie] { leaf.requiresGradient = true }
      let optimizer = AdamW([weights, tie])
      for _ in 0..<250 {
        var prompt = RankedScores(scores: features.matmul(weights), pairs: winners)
        if loss.usesTies { prompt.ties = ties }
        (loss([prompt], tie: tie) + 1e-4 * weights.square().sum()).backward()
        optimizer.update(learningRate: 0.05)
        optimizer.clearGradients()
      }
      return weights.detached()
    }
  }

  @Test("With 30 % of ties, the loss that knows ties learns more than the one that drops them")
  func tiesAreInformation() {
    var gains: [Double] = []
    var tied = 0
    for seed in 0..<30 {
      let generator = Generator(seed: UInt64(seed))
      let raw = generator.normal([Self.width])
      let preference = raw * (1.5 / raw.square().sum().item().squareRoot())
      let sample = Sample(preference, generator)
      tied += sample.ties.count
      let test = generator.normal([4000, Self.width])
      let right = test.matmul(preference) .> 0
      func accuracy(_ loss: RankingLoss) -> Double {
        let guessed = test.matmul(sample.learned(loss)) .> 0
        return guessed.equals(right).to(.float32).mean().item()
      }
      gains.append(accuracy(.davidson) - accuracy(.allPairs))
    }

    let share = Double(tied) / Double(30 * Self.pairs)
    let mean = gains.reduce(0, +) / 30
    let variance = gains.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 29
    #expect((0.25...0.35).contains(share))
    #expect(mean > 2 * (variance / 30).squareRoot(), "gained \(mean) of accuracy on average")
  }
}
