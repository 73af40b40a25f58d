/// Settings of all methods that sample answers and learn from their scores.
public struct RolloutOptions: SettingsSection {
  /// Rounds of sampling and learning.
  public var iterations = 12
  /// Episodes sampled per round. Prompts are reused if there are fewer.
  public var episodes = 32
  /// Passes over the episodes of a round.
  public var ppoEpochs = 2
  /// Optimiser steps per pass.
  public var minibatches = 2
  /// The most tokens of an answer.
  public var maxNewTokens = 96
  /// Temperature of sampling and of all log-probabilities (`docs/recipe.md`, P1). Choose the one that
  /// the finished model will be used with.
  public var temperature = 0.7
  /// Subtracted from the score of an answer that is cut off at maxNewTokens.
  public var missingEndPenalty = 1.0
  /// Replaces the score of such an answer by −missingEndPenalty (Ziegler et al. 2019).
  public var missingEndReplaces = false
  /// Answers to each held-out prompt, before and after training.
  public var evaluationResponses = 4
  /// Writes the answers and scores of each round to rollouts.jsonl.
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

  /// Returns the optimiser steps of the whole run. Throws `badSetting` if there are too many.
  package func updates() throws -> Int {
    try product(
      ("iterations", iterations), ("ppoEpochs", ppoEpochs), ("minibatches", minibatches))
  }

  /// Checks the settings against the number of answers per prompt, of which `inseparable` must be in
  /// the same optimiser step.
  func check(responses: Int, inseparable: Int) throws {
    _ = try product(("iterations", iterations), ("episodes", episodes))
    try require(
      "episodes", episodes, episodes % responses == 0, "a multiple of responses=\(responses)")
    let parts = episodes / inseparable
    try require(
      "minibatches", minibatches, minibatches <= parts,
      inseparable > 1
        ? "at most \(parts), the prompts per round" : "at most episodes (\(episodes))")
  }
}
