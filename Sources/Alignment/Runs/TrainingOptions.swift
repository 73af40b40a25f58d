import Foundation
import LanguageModels
import Torch

/// Settings that every training stage has.
public struct TrainingOptions: SettingsSection {
  /// Seeds adapters, sampling and the order of the data.
  public var seed = 1
  /// The peak; with low-rank adapters about ten times that of full training.
  public var learningRate = 2e-4
  public var minLearningRate = 0.0
  public var schedule = Schedule.Shape.cosine
  /// The steps that the learning rate rises in; below 1 their share of all steps.
  public var warmup = 0.05
  public var weightDecay = 0.0
  public var beta1 = 0.9
  public var beta2 = 0.999
  public var epsilon = 1e-8
  /// Of the average of the weights that the run ends with, such as 0.992; 0 ends with the weights.
  public var averageDecay = 0.0
  public var epsilonPlacement = AdamW.EpsilonPlacement.torch
  /// The global gradient norm is clipped to this; 0 switches clipping off.
  public var gradientClip = 1.0
  /// The rank of the low-rank adapters; 0 trains all weights.
  public var rank = 16
  public var alpha = 32.0
  public var precision = Precision.automatic
  /// One forward and backward pass holds about this many tokens; gradients accumulate.
  public var microBatchTokens = 1024
  /// Keeps only what goes from layer to layer, and computes the rest again in the backward pass.
  public var gradientCheckpointing = false
  /// Gradients travel between processes in buckets of this many megabytes, while later ones are
  /// computed (DistributedDataParallel's `bucket_cap_mb`).
  public var bucketMegabytes = 25.0
  /// Tokens of a prompt with its response. Where both do not fit, each has a claim to half of this
  /// and to what the other leaves over: prompts lose their start, responses their end.
  public var maxLength = 1024

  /// Whether each epoch visits the examples in a new random order; false keeps the file's.
  public var shuffle = true
  /// Steps (of an online method: rounds) between checkpoints; 0 makes one every ten minutes.
  public var checkpointEvery = 0

  /// A text file on which a policy's perplexity is measured before and after: the alignment tax.
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
      "0 or more, and at most learningRate (\(learningRate)),")
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

  /// Throws when the warm-up does not fit into a run of so many optimiser steps.
  package func check(updates: Int) throws {
    try require(
      "warmup", warmup, warmup < 1 || warmup <= Double(updates),
      "a share of all steps below 1, or at most the run's \(updates) steps,")
  }

  /// Throws when adapters of this rank would be larger than the weights they stand for.
  func check(rankFor configuration: ModelConfiguration) throws {
    let most = max(configuration.width, Self.smallestRankLimit)
    try require(
      "rank", rank, rank <= most,
      "at most \(most) for this model, whose layers are no larger, or 0 (all weights),")
  }

  private static let smallestRankLimit = 64
}

/// The learning rate of each step.
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

  /// The rate of step 0, 1, … `steps` − 1: rises to the peak, then falls to the floor.
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
