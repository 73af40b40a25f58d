import Foundation
import Foundations
import LanguageModels
import PreferenceData
import Torch

/// How well a reward model agrees with people: equal scores are wrong, intervals are by prompt.
struct RewardEvaluation {
  let model: RewardModel
  let options: TrainingOptions

  /// One ordered pair of one judgement.
  private struct Outcome {
    var prompt: String
    var labeller: String
    var strength: Int?
    var isRight: Double
    /// σ of the lead that the model gave to the winner.
    var probability: Double
  }

  /// On prompts that were not trained on: accuracy overall, by strength, and of labellers who were
  /// and were not trained on; calibration; beside each how often two people agree on the same pairs.
  func report(
    _ held: [RewardExample], trainedOn train: [RewardExample]
  ) throws -> [String: JSONValue] {
    let (outcomes, loss) = try outcomes(held)
    let known = Set(train.map(\.labeller))
    var metrics: [String: JSONValue] = [
      "validationLoss": .number(loss),
      "comparisons": .integer(outcomes.count),
      "prompts": .integer(Set(held.map(\.name)).count),
      "trainComparisons": .integer(train.reduce(0) { $0 + $1.pairs.count }),
      "trainPrompts": .integer(Set(train.map(\.name)).count),
      "calibrationError": .number(Self.calibrationError(outcomes)),
    ]
    func add(_ name: String, _ part: [Outcome]) {
      if let accuracy = Self.accuracy(part) { metrics.merge(accuracy.flat(name)) { $1 } }
    }
    add("accuracy", outcomes)
    add("accuracyOfKnownLabellers", outcomes.filter { known.contains($0.labeller) })
    add("accuracyOfNewLabellers", outcomes.filter { !known.contains($0.labeller) })
    for (strength, part) in Dictionary(grouping: outcomes, by: { $0.strength.map(abs) }) {
      if let strength { add("accuracyAtStrength\(strength)", part) }
    }
    func addCeiling(_ name: String, _ isOfPart: (String) -> Bool) {
      guard let ceiling = Self.humanAgreement(held, of: isOfPart) else { return }
      metrics.merge(ceiling.flat(name)) { $1 }
    }
    addCeiling("humanAgreement") { _ in true }
    addCeiling("humanAgreementOfKnownLabellers", known.contains)
    addCeiling("humanAgreementOfNewLabellers") { !known.contains($0) }
    return metrics
  }

  /// Returns the loss and the accuracy on held-out prompts, to be recorded during training.
  func numbers(_ held: [RewardExample]) throws -> [String: Double] {
    let (outcomes, loss) = try outcomes(held)
    let right = outcomes.reduce(0) { $0 + $1.isRight }
    return [
      "validationLoss": loss, "validationAccuracy": right / Double(max(outcomes.count, 1)),
    ]
  }

  /// For each prompt, whether the model agrees with each of its ordered pairs.
  func hits(_ examples: [RewardExample]) throws -> [[Double]] {
    let groups = Dictionary(grouping: try outcomes(examples).0, by: \.prompt)
    return groups.sorted { $0.key < $1.key }.map { $0.value.map(\.isRight) }
  }

  private func outcomes(_ examples: [RewardExample]) throws -> ([Outcome], loss: Double) {
    var outcomes: [Outcome] = []
    var loss = 0.0
    try noGradient {
      for part in MicroBatches.split(examples, limit: options.microBatchTokens, size: \.tokenCount)
      {
        let ranked = model.ranked(part)
        loss += RankingLoss.allPairs(ranked).item()
        for (example, scores) in zip(part, ranked) {
          let values = scores.scores.floats().map(Double.init)
          try checkFinite(values, "scores", of: model.weights)
          outcomes += example.pairs.map { pair in
            let lead = values[pair.winner] - values[pair.loser]
            return Outcome(
              prompt: example.name, labeller: example.labeller, strength: example.strength,
              isRight: lead > 0 ? 1 : 0, probability: 1 / (1 + exp(-lead)))
          }
        }
      }
    }
    return (outcomes, loss / Double(max(examples.count, 1)))
  }

  private static func accuracy(_ outcomes: [Outcome]) -> Estimate? {
    let groups = Dictionary(grouping: outcomes, by: \.prompt)
    return Bootstrap.mean(
      of: groups.sorted { $0.key < $1.key }.map { $0.value.map(\.isRight) })
  }

  /// Expected calibration error of P(winner), over ten bins of the model's stated confidence.
  private static func calibrationError(_ outcomes: [Outcome]) -> Double {
    guard !outcomes.isEmpty else { return 0 }
    var gaps = [Double](repeating: 0, count: 10)
    for outcome in outcomes {
      let stated = max(outcome.probability, 1 - outcome.probability)
      gaps[min(Int((stated - 0.5) * 20), 9)] += stated - outcome.isRight
    }
    return gaps.reduce(0) { $0 + abs($1) } / Double(outcomes.count)
  }

  /// How often a labeller of `part` and any other order the same two answers alike, by prompt: the
  /// human ceiling.
  static func humanAgreement(
    _ examples: [RewardExample], of part: (String) -> Bool
  ) -> Estimate? {
    let groups = Dictionary(grouping: examples, by: \.name).sorted { $0.key < $1.key }
    return Bootstrap.mean(
      of: groups.map { _, judgements in
        judgements.indices.flatMap { first in
          judgements[(first + 1)...].flatMap { second in
            part(judgements[first].labeller) || part(second.labeller)
              ? agreements(judgements[first], second) : []
          }
        }
      })
  }

  private static func agreements(_ a: RewardExample, _ b: RewardExample) -> [Double] {
    guard a.labeller != b.labeller else { return [] }
    func ordered(_ example: RewardExample) -> Set<[[Int]]> {
      Set(
        example.pairs.map {
          [example.completions[$0.winner].response, example.completions[$0.loser].response]
        })
    }
    let second = ordered(b)
    return ordered(a).compactMap { pair in
      if second.contains(pair) { return 1 }
      return second.contains(pair.reversed()) ? 0 : nil
    }
  }
}
