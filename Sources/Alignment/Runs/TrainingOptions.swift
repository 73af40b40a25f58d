import Foundation
import LanguageModels
import Torch

/// Settings of all training stages.
public struct TrainingOptions: SettingsSection {
  /// Seed for adapters, sampling and the order of the data.
  public var seed = 1
  /// Peak learning rate. Low-rank adapters need about ten times that of full training.
  public var learningRate = 2e-4
  /// Learning rate at the end of the schedule.
  public var minLearningRate = 0.0
  /// Shape of the learning rate after the warm-up.
  public var schedule = Schedule.Shape.cosine
  /// Steps during which the learning rate rises; a value below 1 is a share of all steps.
  public var warmup = 0.05
  /// Decoupled weight decay of AdamW.
  public var weightDecay = 0.0
  /// Decay of AdamW's first moment.
  public var beta1 = 0.9
  /// Decay of AdamW's second moment.
  public var beta2 = 0.999
  /// AdamW's ε.
  public var epsilon = 1e-8
  /// Decay of the exponential moving average (EMA) of the weights. Above 0, the run saves the averaged
  /// weights; 0.992 is typical. 0 turns averaging off.
  public var averageDecay = 0.0
  /// The term of AdamW that ε is added to, which differs between frameworks.
  public var epsilonPlacement = AdamW.EpsilonPlacement.torch
  /// Largest norm of the whole gradient. 0 turns clipping off.
  public var gradientClip = 1.0
  /// Rank of the low-rank adapters. 0 trains all weights.
  public var rank = 16
  /// Scale of the adapters: their output is multiplied by alpha ÷ rank.
  public var alpha = 32.0
  /// Arithmetic of the frozen weights and activations.
  public var precision = Precision.automatic
  /// Tokens per forward and backward pass, about. Gradients accumulate over the passes of a step.
  public var microBatchTokens = 1024
  /// Saves memory: stores only the input of each layer and recomputes the rest in the backward pass.
  public var gradientCheckpointing = false
  /// Size in megabytes of the buckets in which processes exchange gradients while they compute later
  /// ones (`bucket_cap_mb` of PyTorch's DistributedDataParallel).
  public var bucketMegabytes = 25.0
  /// The most tokens of a prompt with its response. If both do not fit, each may use half, and the
  /// part that the other does not need. Prompts lose their start, responses their end.
  public var maxLength = 1024
  /// The chat template: a name (chatml, llama2, llama3, zephyr, gemma, mistral, plain) or a file with
  /// Jinja. It is saved with the model. Empty uses the template of the model.
  public var chatTemplate = ""

  /// Whether each epoch visits the examples in a new random order. false keeps the order of the file.
  public var shuffle = true
  /// Steps between checkpoints; rounds for a method that samples. 0 writes one every ten minutes.
  public var checkpointEvery = 0

  /// A text file on which the policy's perplexity is measured before and after training (the alignment
  /// tax). Empty skips the measurement.
  public var capabilityText = ""

  public init() {}

  var optimizer: AdamW.Options {
    var options = AdamW.Options()
    options.beta1 = beta1
    options.beta2 = beta2
    options.epsilon = epsilon
    options.weightDecay = weightDecay
    options.epsilonPlacement = epsilonPlacement
    return options
  }

  public func check(in settings: Settings) throws {
    try require("seed", seed, seed >= 0, "0 or more")
    try checkRates(in: settings)
    try require("rank", rank, in: 0...SettingLimit.step)
    try require("alpha", alpha, alpha > 0, "a positive number")
    if rank == 0 {
      try settings.refuse("alpha", because: "with rank=0, which trains all weights, not adapters")
    }
    try require("microBatchTokens", microBatchTokens, in: 1...SettingLimit.count)
    try require(
      "bucketMegabytes", bucketMegabytes, bucketMegabytes > 0 && bucketMegabytes <= 1e6,
      "a positive number, at most 1000000")
    try require("maxLength", maxLength, in: 8...SettingLimit.count)
    try require("checkpointEvery", checkpointEvery, in: 0...SettingLimit.count)
  }

  private func checkRates(in settings: Settings) throws {
    try require("learningRate", learningRate, learningRate > 0, "a positive number")
    try require(
      "minLearningRate", minLearningRate, minLearningRate >= 0 && minLearningRate <= learningRate,
      "0 or more, and at most learningRate (\(learningRate))")
    if schedule == .constant, minLearningRate > 0 {
      try settings.refuse("minLearningRate", because: "with schedule=constant, which never falls")
    }
    try require(
      "warmup", warmup, warmup >= 0 && warmup <= Double(SettingLimit.updates),
      "a share of all steps below 1, or a number of steps")
    try require("weightDecay", weightDecay, weightDecay >= 0, "0 or more")
    for (key, beta) in [("beta1", beta1), ("beta2", beta2), ("averageDecay", averageDecay)] {
      try require(key, beta, (0..<1).contains(beta), "0 or more, and below 1")
    }
    try require("epsilon", epsilon, epsilon > 0 && epsilon <= 1, "above 0, and at most 1")
    try require("gradientClip", gradientClip, gradientClip >= 0, "0 (no clipping) or more")
  }

  /// Throws `badSetting` if the warm-up is longer than a run of `updates` optimiser steps.
  package func check(updates: Int) throws {
    try require(
      "warmup", warmup, warmup < 1 || warmup <= Double(updates),
      "a share of all steps below 1, or at most the run's \(updates) steps")
  }

  /// Throws `badSetting` if adapters of this rank are larger than the weights they modify.
  func check(rankFor configuration: ModelConfiguration) throws {
    let most = max(configuration.width, Self.smallestRankLimit)
    try require(
      "rank", rank, rank <= most,
      "at most \(most) for this model, the size of its layers, or 0 (all weights)")
  }

  private static let smallestRankLimit = 64
}

/// The learning rate as a function of the step.
public struct Schedule: Sendable {
  public enum Shape: String, Sendable, Codable, CaseIterable {
    case constant
    case linear
    case cosine
    /// Falls as 1/√step after the warm-up (Noam; PPO-max).
    case inverseSquareRoot
  }

  let shape: Shape
  let peak: Double
  let floor: Double
  let warmupSteps: Int
  let steps: Int

  init(_ options: TrainingOptions, steps: Int) {
    shape = options.schedule
    peak = options.learningRate
    floor = min(options.minLearningRate, options.learningRate)
    self.steps = steps
    let warmup = options.warmup < 1 ? options.warmup * Double(steps) : options.warmup
    warmupSteps = Int(min(warmup, Double(steps)).rounded(.up))
  }

  /// Returns the rate at step 0, 1, … `steps` − 1: it rises to the peak, then falls to the floor.
  package func learningRate(at step: Int) -> Double {
    if step < warmupSteps { return peak * Double(step + 1) / Double(warmupSteps) }
    let share = Double(step - warmupSteps) / Double(max(steps - warmupSteps, 1))
    switch shape {
    case .constant: return peak
    case .linear: return floor + (peak - floor) * (1 - share)
    case .inverseSquareRoot:
      let scale = Double(max(warmupSteps, 1))
      return max(floor, peak * (scale / (scale + Double(step - warmupSteps))).squareRoot())
    case .cosine: return floor + (peak - floor) * 0.5 * (1 + cos(.pi * share))
    }
  }
}
