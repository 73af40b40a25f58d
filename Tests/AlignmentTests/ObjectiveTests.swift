import Alignment
import Foundation
import Testing
import Torch

@Suite("Advantages")
struct AdvantageTests {
  @Test("With V = 0 the last advantage is score − β · kl, not λ times that")
  func lastToken() {
    let rewards = AdvantageEstimation.tokenRewards(
      logProbabilities: [-1, -2, -0.5], reference: [-1.5, -1, -0.7], score: 2, klCoefficient: 0.1)

    let (advantages, returns) = AdvantageEstimation.estimate(
      rewards: rewards, values: [0, 0, 0], gamma: 1, lambda: 0.95)

    #expect(abs(advantages[2] - (2 - 0.1 * 0.2)) < 1e-6)
    #expect(abs(advantages[1] - (0.1 + 0.95 * advantages[2])) < 1e-6)
    #expect(abs(advantages[0] - (-0.05 + 0.95 * advantages[1])) < 1e-6)
    #expect(returns == advantages)
  }

  @Test("Advantages equal the sum of discounted errors")
  func definition() {
    let rewards: [Float] = [0.1, -0.4, 0.3, 1]
    let values: [Float] = [0.5, 0.2, -0.1, 0.4]

    let (advantages, returns) = AdvantageEstimation.estimate(
      rewards: rewards, values: values, gamma: 0.9, lambda: 0.8)

    let next = Array(values.dropFirst()) + [0]
    let errors = rewards.indices.map { rewards[$0] + 0.9 * next[$0] - values[$0] }
    for t in rewards.indices {
      let expected = (t..<4).reduce(Float(0)) { $0 + pow(0.72, Float($1 - t)) * errors[$1] }
      #expect(abs(advantages[t] - expected) < 1e-5)
      #expect(abs(returns[t] - expected - values[t]) < 1e-5)
    }
  }
}

@Suite("Proximal policy optimisation")
struct ProximalPolicyTests {
  @Test("Unchanged probabilities give ratio 1, no clipping and the plain gradient")
  func firstStep() {
    let old = Tensor([-1, -2, -0.5] as [Float])
    let new = old.cloned()
    new.requiresGradient = true
    let advantages = Tensor([0.5, -1, 2] as [Float])

    let loss = ProximalPolicy.policyLoss(
      logProbabilities: new, old: old, advantages: advantages, clipRange: 0.2)
    loss.sum.backward()

    #expect(loss.largestRatio == 1)
    #expect(loss.approximateKL == 0)
    #expect(loss.clipped == 0)
    #expect(new.gradient?.floats() == [-0.5, 1, -2])
  }

  @Test("A ratio that left the range in the advantage's direction has no gradient")
  func clipping() {
    let old = Tensor([-1, -1, -1, -1] as [Float])
    let new = Tensor([-0.5, -0.5, -1.5, -1.5] as [Float])
    new.requiresGradient = true
    let advantages = Tensor([1, -1, 1, -1] as [Float])

    let loss = ProximalPolicy.policyLoss(
      logProbabilities: new, old: old, advantages: advantages, clipRange: 0.2)
    loss.sum.backward()

    let gradient = new.gradient?.floats() ?? []
    #expect(gradient[0] == 0)
    #expect(abs(gradient[1] - exp(0.5)) < 1e-5)
    #expect(abs(gradient[2] + exp(-0.5)) < 1e-5)
    #expect(gradient[3] == 0)
    #expect(loss.clipped == 2)
    #expect(abs(loss.approximateKL - 0.5) < 1e-6)
    let expected = -1.2 + exp(0.5) - exp(-0.5) + 0.8
    #expect(abs(loss.sum.item() - expected) < 1e-5)
  }

  @Test("The value loss takes the worse of moved and clipped")
  func valueClipping() {
    let loss = ProximalPolicy.valueLoss(
      values: Tensor([1, 0.1] as [Float]), old: Tensor([0, 0] as [Float]),
      returns: Tensor([1, 1] as [Float]), clipRange: 0.2
    ).item()

    #expect(abs(loss - 0.5 * (0.64 + 0.81)) < 1e-6)
  }

  @Test(
    "The KL coefficient moves by at most a fifth a horizon, towards the target",
    arguments: [(12.0, 1.2), (6.3, 1.05), (6.0, 1.0), (0.0, 0.8), (-3.0, 0.8)])
  func controller(kl: Double, factor: Double) {
    var controller = KLController(coefficient: 0.2, target: 6, horizon: 100)

    controller.update(kl: kl, episodes: 100)

    #expect(abs(controller.coefficient - 0.2 * factor) < 1e-9)
  }

  @Test("Without a target the KL coefficient stays")
  func fixedController() {
    var controller = KLController(coefficient: 0.05, target: 0, horizon: 100)
    controller.update(kl: 99, episodes: 100)
    #expect(controller.coefficient == 0.05)
  }
}
