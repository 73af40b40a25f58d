import Alignment
import Foundation
import Testing
import Torch

@Suite("Direct preference losses")
struct DirectPreferenceTests {
  /// Two pairs: log π of chosen and rejected, log ρ of both, and their lengths.
  private static let policy = [-4.2, -9.0, -6.0, -8.0]
  private static let reference = [-5.0, -8.5, -5.0, -9.5]
  private static let chosenLengths = [2, 5]
  private static let rejectedLengths = [4, 3]
  // c = (0.8, −0.5), r = (−1, 1.5).

  private static func pairs(_ policy: Tensor) -> PairLogProbabilities {
    let reference = Tensor(reference)
    return PairLogProbabilities(
      chosen: policy[0..<2], rejected: policy[2..<4], referenceChosen: reference[0..<2],
      referenceRejected: reference[2..<4], chosenLengths: chosenLengths,
      rejectedLengths: rejectedLengths)
  }

  private static var options: DirectPreferenceLoss.Options {
    var options = DirectPreferenceLoss.Options()
    options.beta = 0.5
    options.labelSmoothing = 0.1
    options.temperature = 0.2
    return options
  }

  /// The worked numbers, from the formulas of the papers and c, r above.
  private static func expected(_ loss: DirectPreferenceLoss) -> [Double] {
    let (beta, epsilon) = (0.5, 0.1)
    let (c, r) = ([0.8, -0.5], [-1.0, 1.5])
    return (0..<2).map { i in
      let d = beta * (c[i] - r[i])
      let mean = c[i] / [2.0, 5.0][i] - r[i] / [4.0, 3.0][i]
      switch loss {
      case .sigmoid: return -logSigmoid(d)
      case .hinge: return max(0, 1 - d)
      case .ipo: return pow(mean - 1, 2)
      case .sigmoidNorm: return -logSigmoid(beta * mean)
      case .cdpo: return -0.9 * logSigmoid(d) - 0.1 * logSigmoid(-d)
      case .robust: return (-0.9 * logSigmoid(d) + 0.1 * logSigmoid(-d)) / 0.8
      case .exoPair:
        return sigmoid(d) * (logSigmoid(d) - log(1 - epsilon))
          + sigmoid(-d) * (logSigmoid(-d) - log(epsilon))
      case .ncaPair:
        return -logSigmoid(beta * c[i]) - 0.5 * logSigmoid(-beta * c[i])
          - 0.5 * logSigmoid(-beta * r[i])
      case .bcoPair: return -logSigmoid(beta * c[i]) - logSigmoid(-beta * r[i])
      case .sppoHard: return pow(c[i] - 1, 2) + pow(r[i] + 1, 2)
      case .aot:
        // log π_c − log π_r = (1.8, −1), reference (0, 1): sorted (−1, 1.8) − (0, 1).
        let sorted = beta * [-1.0, 0.8][i]
        return -0.9 * logSigmoid(sorted) - 0.1 * logSigmoid(-sorted)
      case .aotUnpaired:
        // (−0.5, 0.8) − (−1, 1.5).
        let sorted = beta * [0.5, -0.7][i]
        return -0.9 * logSigmoid(sorted) - 0.1 * logSigmoid(-sorted)
      case .apoZero: return 1 - sigmoid(beta * c[i]) + sigmoid(beta * r[i])
      case .apoDown: return sigmoid(beta * c[i]) + 1 - sigmoid(d)
      case .discopop:
        let share = sigmoid(d / 0.2)
        return -(1 - share) * logSigmoid(d) + share * exp(-d)
      case .simpo:
        let chosen = [-2.1, -1.8][i]
        let rejected = [-1.5, -8.0 / 3][i]
        return -logSigmoid(beta * (chosen - rejected) - 0.5)
      }
    }
  }

  @Test("Each loss gives its worked numbers", arguments: DirectPreferenceLoss.allCases)
  func workedNumbers(loss: DirectPreferenceLoss) {
    let values = loss(Self.pairs(Tensor(Self.policy)), Self.options).floats()

    for (value, expected) in zip(values, Self.expected(loss)) {
      #expect(abs(Double(value) - expected) < 1e-6, "\(value), not \(expected)")
    }
  }

  @Test("Each gradient equals central differences", arguments: DirectPreferenceLoss.allCases)
  func gradients(loss: DirectPreferenceLoss) {
    expectGradientMatchesDifferences(at: Self.policy) {
      loss(Self.pairs($0), Self.options).sum()
    }
  }

  @Test("IPO and sigmoid_norm average over tokens: sums give another loss")
  func averages() {
    var pairs = Self.pairs(Tensor(Self.policy))
    let averaged = DirectPreferenceLoss.ipo(pairs, Self.options).floats()
    pairs.chosenLengths = Tensor([1.0, 1])
    pairs.rejectedLengths = Tensor([1.0, 1])
    #expect(DirectPreferenceLoss.ipo(pairs, Self.options).floats() != averaged)
  }

  @Test("A pair far out in the tail keeps a finite loss and a gradient")
  func tail() {
    let policy = Tensor([-2000, -1, -1, -2000] as [Float])
    policy.requiresGradient = true
    let zero = Tensor([0, 0] as [Float])
    let pairs = PairLogProbabilities(
      chosen: policy[0..<2], rejected: policy[2..<4], referenceChosen: zero,
      referenceRejected: zero, chosenLengths: [1, 1], rejectedLengths: [1, 1])

    let loss = DirectPreferenceLoss.sigmoid(pairs, Self.options).sum()
    loss.backward()

    #expect(abs(loss.item() - 999.5) < 1e-2)
    #expect(policy.gradient?.floats()[0] == -0.5)
  }

  @Test("WPO weights are the geometric mean probabilities, without a gradient")
  func policyWeights() {
    let policy = Tensor(Self.policy)
    policy.requiresGradient = true
    let weights = DirectPreferenceLoss.policyWeights(Self.pairs(policy))
    #expect(!weights.requiresGradient)
    let values = weights.floats()
    #expect(abs(values[0] - exp(-4.2 / 2 - 6.0 / 4)) < 1e-7)
    #expect(abs(values[1] - exp(-9.0 / 5 - 8.0 / 3)) < 1e-7)
  }

  @Test("ORPO's odds are of the geometric mean probability")
  func odds() {
    func logOdds(_ average: Double) -> Double { log(exp(average) / (1 - exp(average))) }
    let losses = OddsRatioLoss.odds(Self.pairs(Tensor(Self.policy))).floats()
    let expected = [
      -logSigmoid(logOdds(-2.1) - logOdds(-1.5)), -logSigmoid(logOdds(-1.8) - logOdds(-8.0 / 3)),
    ]
    #expect(abs(Double(losses[0]) - expected[0]) < 1e-6)
    #expect(abs(Double(losses[1]) - expected[1]) < 1e-6)
    expectGradientMatchesDifferences(at: Self.policy) { OddsRatioLoss.odds(Self.pairs($0)).sum() }
  }

  @Test("ORPO stays finite where a response is certain")
  func certainty() {
    let losses = OddsRatioLoss.odds(Self.pairs(Tensor([0, -1e-9, -6, -8]))).floats()
    let areSound = losses.allSatisfy { $0.isFinite && $0 >= 0 }
    #expect(areSound)
  }
}

@Suite("Kahneman–Tversky optimisation")
struct KahnemanTverskyTests {
  @Test("Good answers are lifted above the baseline, bad ones pushed below it")
  func workedNumbers() {
    let ratios = Tensor([1.0, -2.0, 0.5])
    let losses = UnpairedLoss.kahnemanTversky(
      ratios: ratios, desirable: [true, false, false], baseline: 0.25, beta: 0.4,
      weights: .init(desirable: 1.2, undesirable: 0.8)
    ).floats()
    let expected = [
      1.2 * (1 - sigmoid(0.4 * 0.75)), 0.8 * (1 - sigmoid(0.4 * 2.25)),
      0.8 * (1 - sigmoid(0.4 * -0.25)),
    ]
    for (value, expected) in zip(losses, expected) { #expect(abs(Double(value) - expected) < 1e-6) }
    expectGradientMatchesDifferences(at: [1, -2, 0.5]) {
      UnpairedLoss.kahnemanTversky(
        ratios: $0, desirable: [true, false, false], baseline: 0.25, beta: 0.4
      ).sum()
    }
  }

  @Test("The baseline is the mean over mismatched pairs, never negative, without a gradient")
  func baseline() {
    #expect(UnpairedLoss.baseline(mismatched: Tensor([1.0, 0.5])) == 0.75)
    #expect(UnpairedLoss.baseline(mismatched: Tensor([-3.0, 0.5])) == 0)
  }
}
