import Foundation
import Foundations

/// How often one policy's answers score above another's.
package struct WinRate {
  /// One pair of answers to one prompt.
  package struct ScoredPair {
    package var prompt: String
    package var first: Double
    package var second: Double
    /// Characters.
    package var firstLength: Int
    package var secondLength: Int

    package init(
      prompt: String, first: Double, second: Double, firstLength: Int, secondLength: Int
    ) {
      self.prompt = prompt
      self.first = first
      self.second = second
      self.firstLength = firstLength
      self.secondLength = secondLength
    }

    /// 1 for the first, ½ for equal scores.
    fileprivate var outcome: Double { first > second ? 1 : first < second ? 0 : 0.5 }
  }

  private let groups: [[ScoredPair]]

  package init(_ pairs: [ScoredPair]) {
    groups = Dictionary(grouping: pairs, by: \.prompt).sorted { $0.key < $1.key }.map(\.value)
  }

  /// The mean outcome, ties counted as half, with a bootstrap over prompts (`docs/recipe.md`, E5).
  package var plain: Estimate? { Bootstrap.mean(of: groups.map { $0.map(\.outcome) }) }

  /// The win rate at equal length: logistic regression of the outcome on tanh(Δlength / σ), with a
  /// little ridge, read at Δ = 0 (Dubois et al. 2024; `docs/recipe.md`, E3, without the instructions'
  /// difficulty, which needs many models). Nil where lengths do not differ.
  package func lengthControlled(resamples: Int = 500, seed: Int = 1) -> Estimate? {
    let rows = groups.map { group in
      group.map { (Double($0.firstLength - $0.secondLength), $0.outcome) }
    }
    let differences = rows.joined().map(\.0)
    guard differences.count > 1 else { return nil }
    let mean = differences.reduce(0, +) / Double(differences.count)
    let variance =
      differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(differences.count)
    guard variance > 0 else { return nil }
    let scaled = rows.map { group in group.map { (tanh($0.0 / variance.squareRoot()), $0.1) } }
    return Bootstrap.estimate(count: scaled.count, resamples: resamples, seed: seed) { picked in
      Self.atEqualLength(picked.flatMap { scaled[$0] })
    }
  }

  /// σ(a) of the fit P(win) = σ(a + b·x), by Newton's method with the ridge 0.2 on a and b.
  private static func atEqualLength(_ rows: [(x: Double, y: Double)]) -> Double {
    let ridge = 0.2
    var (a, b) = (0.0, 0.0)
    for _ in 0..<50 {
      var (gradientA, gradientB) = (-ridge * a, -ridge * b)
      var (aa, ab, bb) = (ridge, 0.0, ridge)
      for (x, y) in rows {
        let p = 1 / (1 + exp(-(a + b * x)))
        gradientA += y - p
        gradientB += (y - p) * x
        let weight = p * (1 - p)
        aa += weight
        ab += weight * x
        bb += weight * x * x
      }
      let determinant = aa * bb - ab * ab
      let (stepA, stepB) = (
        (bb * gradientA - ab * gradientB) / determinant,
        (aa * gradientB - ab * gradientA) / determinant
      )
      (a, b) = (a + stepA, b + stepB)
      if abs(stepA) + abs(stepB) < 1e-10 { break }
    }
    return 1 / (1 + exp(-a))
  }
}
