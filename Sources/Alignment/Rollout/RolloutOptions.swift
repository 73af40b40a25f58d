/// Settings of every method that samples answers and learns from their scores.
public struct RolloutOptions: SettingsSection {
  /// Rounds of sampling and learning.
  public var iterations = 12
  /// Episodes sampled a round; prompts come round again when there are fewer.
  public var episodes = 32
  /// Passes over the episodes of a round.
  public var ppoEpochs = 2
  /// Optimiser steps a pass.
  public var minibatches = 2
  public var maxNewTokens = 96
  /// Of sampling, and of all log-probabilities (engine notes P1); near what answers are sampled at.
  public var temperature = 0.7
  /// Taken off the score of an answer that does not end by itself.
  public var missingEndPenalty = 1.0
  /// Gives such an answer the score −missingEndPenalty instead (Ziegler et al. 2019).
  public var missingEndReplaces = false
  /// Answers to each held-out prompt, before and after.
  public var evaluationResponses = 4
  /// Writes each round's answers and scores to rollouts.jsonl.
  public var recordRollouts = false
  public init() {}

  public func check(in settings: Settings) throws {
    try require("iterations", iterations, in: 1...SettingLimit.step)
    try require("episodes", episodes, in: 1...SettingLimit.step)
    try require("ppoEpochs", ppoEpochs, in: 1...SettingLimit.step)
    try require("minibatches", minibatches, in: 1...SettingLimit.step)
    try require("maxNewTokens", maxNewTokens, in: 1...SettingLimit.step)
    try require(
      "temperature", temperature, temperature >= 0.01 && temperature <= 100,
      "a number from 0.01 to 100")
    try require(
      "missingEndPenalty", missingEndPenalty, missingEndPenalty >= 0 && missingEndPenalty <= 1e6,
      "a number from 0 to 1000000")
    try require("evaluationResponses", evaluationResponses, in: 1...10_000)
  }

  /// Optimiser steps of the whole run; throws when that is more than a run may have.
  package func updates() throws -> Int {
    try product(
      ("iterations", iterations), ("ppoEpochs", ppoEpochs), ("minibatches", minibatches))
  }

  /// Checks what goes together with so many answers to each prompt, of which `inseparable` stay in
  /// one step.
  func check(responses: Int, inseparable: Int) throws {
    _ = try product(("iterations", iterations), ("episodes", episodes))
    try require(
      "episodes", episodes, episodes % responses == 0, "a multiple of responses=\(responses)")
    let parts = episodes / inseparable
    try require(
      "minibatches", minibatches, minibatches <= parts,
      inseparable > 1
        ? "at most \(parts), the prompts of a round," : "at most episodes (\(episodes))")
  }
}
