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

  func checked() throws -> Self {
    func check(_ holds: Bool, _ key: String, _ value: Any, _ expected: String) throws {
      guard holds else {
        throw AlignmentError.badSetting(key: key, value: "\(value)", expected: expected)
      }
    }
    try check(iterations > 0, "iterations", iterations, "a positive number")
    try check(episodes > 0, "episodes", episodes, "a positive number")
    try check(ppoEpochs > 0, "ppoEpochs", ppoEpochs, "a positive number")
    try check(minibatches > 0, "minibatches", minibatches, "a positive number")
    try check(
      (0.01...1000).contains(temperature), "temperature", temperature,
      "a number between 0.01 and 1000")
    try check(maxNewTokens > 0, "maxNewTokens", maxNewTokens, "a positive number")
    try check(evaluationResponses > 0, "evaluationResponses", evaluationResponses, "at least 1")
    return self
  }
}
