/// Settings of proximal policy optimisation.
public struct PolicyOptions: SettingsSection {
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
  public var clipRange = 0.2
  public var valueClipRange = 0.2
  public var valueCoefficient = 0.1
  public var gamma = 1.0
  public var lambda = 0.95
  public var whitening = Whitening.population
  /// The weight of the penalty on log π − log ρ, where scores have variance 1.
  public var klCoefficient = 0.05
  /// Nats an episode that the coefficient is steered to; 0 holds the coefficient.
  public var klTarget = 6.0
  /// Episodes in which the coefficient can change by a fifth of itself.
  public var klHorizon = 2000.0
  /// Taken off the score of an answer that does not end by itself.
  public var missingEndPenalty = 1.0
  /// Answers to each held-out prompt, before and after.
  public var evaluationResponses = 4
  public init() {}

  func checked() throws -> Self {
    func check(_ holds: Bool, _ key: String, _ value: Any, _ expected: String) throws {
      guard holds else {
        throw AlignmentError.badSetting(key: key, value: "\(value)", expected: expected)
      }
    }
    try check(iterations > 0, "iterations", iterations, "a positive number")
    try check(episodes > 0, "episodes", episodes, "a positive number")
    try check(minibatches > 0, "minibatches", minibatches, "a positive number")
    try check(temperature > 0, "temperature", temperature, "a positive number")
    try check(klCoefficient >= 0, "klCoefficient", klCoefficient, "0 or more")
    try check(maxNewTokens > 0, "maxNewTokens", maxNewTokens, "a positive number")
    return self
  }
}
