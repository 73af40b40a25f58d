import Foundation
import LanguageModels
import PreferenceData
import Torch

/// Direct preference optimisation: the policy learns from pairs, without a reward model.
public enum DirectPreferenceStage {
  public static let sections: [any SettingsSection] = [training, DirectPreferenceOptions()]

  /// What the setting `loss` may name.
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
  /// The part that a micro-batch has in the loss of a step of so many pairs and chosen tokens.
  ///
  /// A step's micro-batches sum to the mean over pairs, and for “sft” to the mean over all chosen
  /// tokens of the step. Losses that sort (aot) are given the whole step at once.
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

/// Settings of odds-ratio preference optimisation.
public struct OddsRatioOptions: SettingsSection {
  public var epochs = 1
  /// Pairs a step.
  public var batch = 16
  /// The weight of the odds-ratio term; that of −log π of the chosen answers is 1.
  public var beta = 0.1
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
    DirectPreferenceStage.training, OddsRatioOptions(),
  ]

  public static func run(_ request: StageRequest) throws -> StageReport {
    let stage = try request.settings.section(OddsRatioOptions.self)
    return try PairTraining(
      name: "orpo", request: request, epochs: stage.epochs, batch: stage.batch,
      pairs: stage.pairs, needsReference: false, mixesPairs: false
    ).run { pairs, count, tokens in
      // The likelihood term is on the answer's tokens, normalised over the whole step.
      OddsRatioLoss.odds(pairs).sum() * (stage.beta / Double(count))
        - pairs.chosen.sum() / Double(max(tokens, 1))
    }
  }
}
