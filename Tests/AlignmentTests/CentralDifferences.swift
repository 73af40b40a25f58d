import Foundation
import Testing
import Torch

/// Holds the gradient of `loss` at `values` to central differences, in fp64.
func expectGradientMatchesDifferences(
  at values: [Double], tolerance: Double = 1e-6, _ loss: (Tensor) -> Tensor,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let leaf = Tensor(values)
  leaf.requiresGradient = true
  loss(leaf).backward()
  let gradient = leaf.gradient.map { $0.floats() } ?? []
  #expect(gradient.count == values.count, sourceLocation: sourceLocation)
  for i in gradient.indices {
    var (up, down) = (values, values)
    up[i] += 1e-5
    down[i] -= 1e-5
    let slope = (loss(Tensor(up)).item() - loss(Tensor(down)).item()) / 2e-5
    #expect(
      abs(slope - Double(gradient[i])) < tolerance * max(1, abs(slope)),
      "element \(i)", sourceLocation: sourceLocation)
  }
}

/// log σ, for worked numbers.
func logSigmoid(_ x: Double) -> Double { -log1p(exp(-x)) }
func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
