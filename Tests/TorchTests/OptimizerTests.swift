import Foundation
import Testing
import Torch

@Suite("AdamW")
struct OptimizerTests {
  @Test(
    "Updates equal the published formula, with either place of ε",
    arguments: [AdamW.EpsilonPlacement.torch, .tensorflow])
  func formula(placement: AdamW.EpsilonPlacement) {
    var options = AdamW.Options()
    options.epsilon = 1e-3
    options.weightDecay = 0.1
    options.epsilonPlacement = placement
    let weight = Tensor([0.5, -1.5] as [Float], [1, 2])
    weight.requiresGradient = true
    let optimizer = AdamW([weight], options: options)
    var expected = [0.5, -1.5]
    var first = [0.0, 0.0]
    var second = [0.0, 0.0]

    for step in 1...5 {
      optimizer.clearGradients()
      (weight.square() * Tensor([1, 0.01] as [Float])).sum().backward()
      optimizer.update(learningRate: 0.1)
      for i in 0..<2 {
        let gradient = 2 * expected[i] * [1, 0.01][i]
        expected[i] *= 1 - 0.1 * 0.1
        first[i] = 0.9 * first[i] + 0.1 * gradient
        second[i] = 0.999 * second[i] + 0.001 * gradient * gradient
        let (c1, c2) = (1 - pow(0.9, Double(step)), 1 - pow(0.999, Double(step)))
        expected[i] -=
          placement == .torch
          ? 0.1 * (first[i] / c1) / ((second[i] / c2).squareRoot() + 1e-3)
          : 0.1 * (c2.squareRoot() / c1) * first[i] / (second[i].squareRoot() + 1e-3)
      }
    }

    for (value, goal) in zip(weight.floats(), expected) {
      #expect(abs(Double(value) - goal) < 1e-5)
    }
  }

  @Test("A parameter that begins later takes its first update as if it were the first of all")
  func laterParameter() {
    let early = Tensor([1] as [Float], [1, 1])
    let late = Tensor([1] as [Float], [1, 1])
    for parameter in [early, late] { parameter.requiresGradient = true }
    let optimizer = AdamW([early, late])

    for _ in 1...3 {
      optimizer.clearGradients()
      early.square().sum().backward()
      optimizer.update(learningRate: 0.1)
    }
    #expect(late.item() == 1)
    optimizer.clearGradients()
    (early.square().sum() + late.square().sum()).backward()
    optimizer.update(learningRate: 0.1)

    // m̂ / √v̂ of a first gradient is its sign.
    #expect(abs(late.item() - 0.9) < 1e-5)
  }

  @Test("Clipping scales all gradients by one factor and returns the norm before")
  func clipping() {
    let a = Tensor([3] as [Float])
    let b = Tensor([4] as [Float], [1, 1])
    for parameter in [a, b] { parameter.requiresGradient = true }
    let optimizer = AdamW([a, b])
    (a.square().sum() * 0.5 + b.square().sum() * 0.5).backward()

    let norm = optimizer.clipGradients(toNorm: 1)

    #expect(abs(norm - 5) < 1e-6)
    #expect(abs((a.gradient?.item() ?? 0) - 0.6) < 1e-4)
    #expect(abs((b.gradient?.item() ?? 0) - 0.8) < 1e-4)
  }

  @Test("No tensor outlives its last use")
  func noLeaks() {
    func work() {
      let x = Tensor.ones([4, 4])
      x.requiresGradient = true
      for _ in 0..<50 { (x.matmul(x).exp().sum() * 0.1).backward() }
    }
    let before = Tensor.liveCount

    for _ in 0..<100 { work() }

    // One forgotten handle a pass would be 5,000; other tests hold a few hundred meanwhile.
    #expect(Tensor.liveCount < before + 2500)
  }
}
