import Foundation
import Labelling

/// A labeller whose preference is known, and who errs as the Bradley–Terry model says.
struct SimulatedLabeller {
  let preference: SimulatedPreference
  /// The scale of the error in units of the preference; 0 never errs.
  let noise: Double
  private var generator: SplitMix64

  init(preference: SimulatedPreference, noise: Double, seed: UInt64) {
    self.preference = preference
    self.noise = noise
    generator = SplitMix64(seed: seed)
  }

  /// Ranks answers, keyed as they were shown, best first; equal answers share a place.
  ///
  /// Gumbel noise on the scores makes every pair's odds Bradley–Terry's:
  /// P(a over b) = σ((a − b) / noise) (Yellott, 1977).
  mutating func ranking(of answers: [(key: String, text: String)]) -> [[String]] {
    let groups = Dictionary(grouping: answers) { preference.score($0.text) }
    let perturbed = groups.sorted { $0.key < $1.key }.map { score, answers in
      (score: score + noise * gumbel(), keys: answers.map(\.key).sorted())
    }
    return perturbed.sorted { $0.score > $1.score }.map(\.keys)
  }

  private mutating func gumbel() -> Double {
    -log(-log(Double.random(in: 1e-12..<1, using: &generator)))
  }
}
