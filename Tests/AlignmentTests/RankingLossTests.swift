import Alignment
import Foundation
import Testing
import Torch

@Suite("Reward-model losses")
struct RankingLossTests {
  private static let values = [0.3, -0.8, 1.2, 0.1]

  /// 2 > 0 = 3 > 1.
  private static func prompt(_ scores: Tensor) -> RankedScores {
    var prompt = RankedScores(
      scores: scores, pairs: [(2, 0), (2, 3), (2, 1), (0, 1), (3, 1)])
    prompt.ties = [(0, 3)]
    prompt.groups = [[2], [0, 3], [1]]
    return prompt
  }

  @Test("Each prompt weighs one, however many pairs it has")
  func promptsWeighEqually() {
    let three = RankedScores(
      scores: Tensor([1.5, 0.5, -0.25] as [Float]), pairs: [(0, 1), (0, 2), (1, 2)])
    let one = RankedScores(scores: Tensor([0.2, 0.9] as [Float]), pairs: [(0, 1)])

    let loss = RankingLoss.allPairs([three, one]).item()

    let expected = -(logSigmoid(1) + logSigmoid(1.75) + logSigmoid(0.75)) / 3 - logSigmoid(-0.7)
    #expect(abs(loss - expected) < 1e-5)
  }

  @Test("The loss is finite and has a gradient far out in the tail")
  func tail() {
    let scores = Tensor([-200, 200] as [Float])
    scores.requiresGradient = true
    let loss = RankingLoss.allPairs([RankedScores(scores: scores, pairs: [(0, 1)])])

    loss.backward()

    #expect(abs(loss.item() - 400) < 1e-3)
    #expect(scores.gradient?.floats() == [-1, 1])
  }

  @Test("A margin is taken off the lead, a weight multiplies the prompt")
  func marginAndWeight() {
    var prompt = RankedScores(scores: Tensor([1.0, 0.25]), pairs: [(0, 1)])
    prompt.margin = 0.5
    prompt.weight = 0.3
    #expect(abs(RankingLoss.allPairs([prompt]).item() + 0.3 * logSigmoid(0.25)) < 1e-6)
  }

  @Test("Davidson: e^(r_i) : e^(r_j) : ν e^((r_i + r_j)/2)")
  func davidson() {
    let (d, nu) = (0.7, 1.5)
    let total = exp(d) + 1 + nu * exp(d / 2)
    var prompt = RankedScores(scores: Tensor([d, 0]), pairs: [(0, 1)])
    let tie = Tensor([log(nu)])
    #expect(abs(RankingLoss.davidson([prompt], tie: tie).item() + log(exp(d) / total)) < 1e-6)
    prompt.pairs = []
    prompt.ties = [(0, 1)]
    let expected = -log(nu * exp(d / 2) / total)
    #expect(abs(RankingLoss.davidson([prompt], tie: tie).item() - expected) < 1e-6)
  }

  @Test("Rao and Kupper: win, loss and tie add up to one")
  func raoKupper() {
    let (d, eta) = (0.7, 0.4)
    let tie = Tensor([log(eta)])
    func probability(_ pairs: [(winner: Int, loser: Int)], _ ties: [(Int, Int)]) -> Double {
      var prompt = RankedScores(scores: Tensor([d, 0]), pairs: pairs)
      prompt.ties = ties
      return exp(-RankingLoss.raoKupper([prompt], tie: tie).item())
    }
    let win = probability([(0, 1)], [])
    let expected = exp(d) / (exp(d) + exp(eta))
    #expect(abs(win - expected) < 1e-6)
    let total = win + probability([(1, 0)], []) + probability([], [(0, 1)])
    #expect(abs(total - 1) < 1e-6)
  }

  @Test("Plackett–Luce is the probability of choosing best, then best of the rest")
  func plackettLuce() {
    var prompt = RankedScores(scores: Tensor([0.3, -0.8, 1.2]), pairs: [])
    prompt.groups = [[2], [0], [1]]
    let total = exp(0.3) + exp(-0.8) + exp(1.2)
    let second = exp(0.3) / (exp(0.3) + exp(-0.8))
    let expected = -(log(exp(1.2) / total) + log(second)) / 2
    #expect(abs(RankingLoss.plackettLuce([prompt]).item() - expected) < 1e-6)
    prompt.groups = [[2, 0], [1]]
    let tied = -(log(exp(1.2) / total) + log(exp(0.3) / total)) / 2
    #expect(abs(RankingLoss.plackettLuce([prompt]).item() - tied) < 1e-6)
  }

  @Test("Every gradient equals central differences", arguments: RankingLoss.allCases)
  func gradients(loss: RankingLoss) {
    let tie = Tensor([-0.3])
    expectGradientMatchesDifferences(at: Self.values) { loss([Self.prompt($0)], tie: tie) }
    guard loss.hasTieParameter else { return }
    expectGradientMatchesDifferences(at: [-0.3]) {
      loss([Self.prompt(Tensor(Self.values))], tie: $0)
    }
  }

  @Test("A prompt of nothing but ties has no ordered pair, and the others count as before")
  func onlyTies() {
    var tied = RankedScores(scores: Tensor([0.5, 0.1]), pairs: [])
    tied.ties = [(0, 1)]
    tied.groups = [[0, 1]]
    let other = Self.prompt(Tensor(Self.values))
    for loss in [RankingLoss.allPairs, .plackettLuce] {
      #expect(loss([tied, other]).item() == loss([other]).item())
    }
  }

  @Test("Centring penalises the mean, not the difference")
  func centring() {
    let prompt = RankedScores(scores: Tensor([1.5, -0.5, 2]), pairs: [(0, 1), (2, 1)])
    #expect(abs(RankingLoss.centring([prompt]).item() - (1.0 + 2.25) / 2) < 1e-6)
    let level = RankedScores(scores: Tensor([3.0, -3]), pairs: [(0, 1)])
    #expect(RankingLoss.centring([level]).item() == 0)
  }
}
