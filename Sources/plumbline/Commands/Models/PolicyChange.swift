import EngineJobs
import Foundation
import PreferenceData

/// The changes a run made, measured on the held-out prompts, as rows of a table.
struct PolicyChange {
  let accuracy: String?
  let reward: String?
  let divergence: String?
  let length: String?
  let pairAccuracy: String?
  let loss: String?

  init?(_ lineage: ModelLineage) {
    self.init(.object(lineage.stages), of: lineage.method)
  }

  /// Reads the reports of the stages of a run.
  init?(_ stages: JSONValue, of method: String) {
    self.init(
      policy: stages[method]?["metrics"], rewardModel: stages["reward"]?["metrics"])
  }

  /// Reads the metrics of the stages. Returns nil if the policy was not measured.
  init?(policy: JSONValue?, rewardModel: JSONValue?) {
    guard let policy else { return nil }
    accuracy = Self.share(rewardModel)
    pairAccuracy = Self.heldOut(policy, "Accuracy", "%.1f %%", scale: 100)
    loss = Self.heldOut(policy, "Loss", "%.3f", scale: 1)
    reward = Self.change(policy, "reward", digits: 2)
    divergence = policy["after"]?["kl"]?.doubleValue.map { String(format: "%.3f", $0) }
    length = Self.change(policy, "length", digits: 0)
  }

  var rows: [(name: String, value: String)] {
    [
      ("reward model accuracy, held out", accuracy), ("reward, before → after", reward),
      ("KL from where it began", divergence), ("length in tokens, before → after", length),
      ("held-out pairs in the right order, before → after", pairAccuracy),
      ("held-out loss, before → after", loss),
    ].compactMap { name, value in value.map { (name, $0) } }
  }

  private static func share(_ metrics: JSONValue?) -> String? {
    guard let value = metrics?["accuracy"]?.doubleValue else { return nil }
    let text = String(format: "%.1f %%", 100 * value)
    guard let low = metrics?["accuracyLow"]?.doubleValue,
      let high = metrics?["accuracyHigh"]?.doubleValue
    else { return text }
    return text + String(format: " (%.1f to %.1f)", 100 * low, 100 * high)
  }

  /// A number that a method on fixed data measures: `validationLossBefore`, `validationLossAfter`.
  private static func heldOut(
    _ metrics: JSONValue, _ key: String, _ format: String, scale: Double
  ) -> String? {
    guard let before = metrics["validation\(key)Before"]?.doubleValue,
      let after = metrics["validation\(key)After"]?.doubleValue
    else { return nil }
    return String(format: "\(format) → \(format)", before * scale, after * scale)
  }

  private static func change(_ metrics: JSONValue, _ key: String, digits: Int) -> String? {
    guard let before = metrics["before"]?[key]?.doubleValue,
      let after = metrics["after"]?[key]?.doubleValue
    else { return nil }
    return String(format: "%.\(digits)f → %.\(digits)f", before, after)
  }
}
