import Foundation
import LanguageModels
import PreferenceData
import Torch

/// Direct preference optimisation: the policy learns from pairs, without a reward model.
public enum DirectPreferenceStage {
  public static let sections: [any SettingsSection] = [
    training, DataOptions(), HeldOutOptions(), DirectPreferenceOptions(),
  ]

  /// The possible values of the setting `loss`.
  public static var lossNames: [String] { DirectPreferenceObjective.names }

  static var training: TrainingOptions {
    var options = TrainingOptions()
    options.learningRate = 5e-5
    options.schedule = .linear
    return options
  }

  public static func run(_ request: StageRequest) throws -> StageReport {
    var request = request
    let asked = try DirectPreferenceObjective(
      request.settings.section(DirectPreferenceOptions.self))
    if let beta = asked.suggestedBeta { request.settings.suggest(beta, for: "beta") }
    let stage = try request.settings.section(DirectPreferenceOptions.self)
    let objective = try DirectPreferenceObjective(stage)
    return try PairTraining(
      name: "dpo", request: request, epochs: stage.epochs, batch: stage.batch, pairs: stage.pairs,
      needsReference: objective.needsReference, mixesPairs: objective.mixesPairs
    ).run { pairs, count, tokens in objective.loss(pairs, pairs: count, tokens: tokens) }
  }
}

extension DirectPreferenceObjective {
  /// Returns the contribution of a micro-batch to the loss of its step, a scalar.
  ///
  /// The contributions add up to the mean over the step's pairs, and for “sft” to the mean over its
  /// chosen tokens. Losses that sort (aot) get the whole step at once.
  ///
  /// - Parameters:
  ///   - count: The pairs of the whole step.
  ///   - tokens: The chosen tokens of the whole step.
  func loss(_ pairs: PairLogProbabilities, pairs count: Int, tokens: Int) -> Tensor {
    let weights = isPolicyWeighted ? DirectPreferenceLoss.policyWeights(pairs) : nil
    let parts = terms.map { term, weight -> Tensor in
      switch term {
      case .supervised: return -pairs.chosen.sum() * (weight / Double(max(tokens, 1)))
      case .preference(let loss):
        let losses = loss(pairs, options)
        return (weights.map { losses * $0 } ?? losses).sum() * (weight / Double(count))
      }
    }
    return Tensor.stacked(parts).sum()
  }
}

/// Settings of odds-ratio preference optimisation (Hong et al. 2024).
public struct OddsRatioOptions: SettingsSection {
  public var epochs = 1
  /// Pairs per optimiser step.
  public var batch = 16
  /// Weight of the odds-ratio term. The weight of the chosen answers' negative log-likelihood is 1.
  public var beta = 0.1
  /// The pairs of a ranking to train on: all, adjacent (neighbouring places) or extremes (first and
  /// last place).
  public var pairs = PairChoice.all
  public init() {}

  public func check(in settings: Settings) throws {
    try OfflineSettings.check(epochs: epochs, batch: batch)
    try require("beta", beta, beta > 0, "a positive number")
  }
}

/// Odds-ratio preference optimisation: fine-tuning and preference in one step, no reference.
public enum OddsRatioStage {
  public static let sections: [any SettingsSection] = [
    DirectPreferenceStage.training, DataOptions(), HeldOutOptions(), OddsRatioOptions(),
  ]

  public static func run(_ request: StageRequest) throws -> StageReport {
    let stage = try request.settings.section(OddsRatioOptions.self)
    return try PairTraining(
      name: "orpo", request: request, epochs: stage.epochs, batch: stage.batch,
      pairs: stage.pairs, needsReference: false, mixesPairs: false
    ).run { pairs, count, tokens in
      // The likelihood term covers the response tokens and is averaged over the whole step.
      OddsRatioLoss.odds(pairs).sum() * (stage.beta / Double(count))
        - pairs.chosen.sum() / Double(max(tokens, 1))
    }
  }
}
