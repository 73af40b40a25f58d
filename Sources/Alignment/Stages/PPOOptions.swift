/// Settings of proximal policy optimisation.
public struct PPOOptions: SettingsSection {
  public var clipRange = 0.2
  public var valueClipRange = 0.2
  public var valueCoefficient = 0.1
  /// Whose states values are read off: shared (the policy's), or reward (a copy of the reward
  /// model, trained beside the policy).
  public var valueTrunk = Critic.Trunk.shared
  /// What values are at first: zero, or reward (the reward model's head, which on a trunk of its own
  /// says what the reward model would).
  public var valueHead = Critic.Head.zero
  /// Rounds at the start in which the values alone are learned (PPO-max, engine notes P15).
  public var criticWarmup = 0
  public var gamma = 1.0
  public var lambda = 0.95
  public var whitening = Whitening.openrlhf
  /// Whitens the rewards of tokens too, keeping their mean.
  public var whitensRewards = false
  /// Divides scores by the standard deviation of all scores of the run so far; their mean stays
  /// (PPO-max, engine notes P15).
  public var scalesScores = false
  /// The largest size of a score, after scaling; 0 sets no bound.
  public var scoreClip = 0.0
  /// The largest size of an advantage, after whitening; 0 sets no bound.
  public var advantageClip = 0.0
  /// The weight of the penalty on log π − log ρ, where scores have variance 1.
  public var klCoefficient = 0.05
  /// Nats an episode that the coefficient is steered to; 0 holds the coefficient.
  public var klTarget = 6.0
  /// Episodes in which the coefficient can change by a fifth of itself.
  public var klHorizon = 2000.0
  /// Weight of −log π on pretraining text in the same gradient (PPO-ptx); a mean over tokens.
  public var ptxCoefficient = 0.0
  /// The text file for it.
  public var ptxDataset = ""
  /// Pretraining tokens an optimiser step.
  public var ptxTokens = 2048
  public init() {}

  public func check(in settings: Settings) throws {
    let rollout = try settings.section(RolloutOptions.self)
    try rollout.check(responses: 1, inseparable: 1)
    for (key, range) in [("clipRange", clipRange), ("valueClipRange", valueClipRange)] {
      try require(key, range, range > 0, "a positive number")
    }
    for (key, share) in [("gamma", gamma), ("lambda", lambda)] {
      try require(key, share, (0...1).contains(share), "a number from 0 to 1")
    }
    let atLeastZero = [
      ("valueCoefficient", valueCoefficient), ("klCoefficient", klCoefficient),
      ("klTarget", klTarget), ("ptxCoefficient", ptxCoefficient), ("scoreClip", scoreClip),
      ("advantageClip", advantageClip),
    ]
    for (key, value) in atLeastZero { try require(key, value, value >= 0, "0 or more") }
    // One round changes the coefficient by at most 0.2 · episodes/klHorizon of itself.
    let shortest = Double(rollout.episodes) / 5
    try require(
      "klHorizon", klHorizon, klHorizon > (klTarget > 0 ? shortest : 0),
      "more than a fifth of the episodes of a round (\(shortest))")
    try require("ptxTokens", ptxTokens, in: 1...SettingLimit.count)
    try require(
      "criticWarmup", criticWarmup, criticWarmup >= 0 && criticWarmup < rollout.iterations,
      "0 or more, and below iterations (\(rollout.iterations)), so that the policy learns, too,")
    try require(
      "ptxDataset", ptxDataset, ptxCoefficient == 0 || !ptxDataset.isEmpty,
      "a text file, since ptxCoefficient is set,")
    try checkEffects(in: settings)
  }

  private func checkEffects(in settings: Settings) throws {
    if klTarget == 0 {
      try settings.refuse("klHorizon", because: "with klTarget=0, which holds the coefficient")
    } else if klCoefficient == 0 {
      try settings.refuse("klTarget", "klHorizon", because: "with klCoefficient=0, which stays 0")
    }
    if ptxCoefficient == 0 {
      try settings.refuse("ptxDataset", "ptxTokens", because: "with ptxCoefficient=0")
    }
    if whitening == .none {
      try settings.refuse("whitensRewards", because: "with whitening=none")
    }
    if valueCoefficient == 0 {
      try settings.refuse(
        "valueClipRange", "criticWarmup", because: "with valueCoefficient=0: no value is learned")
    }
  }

  func bounded(score: Float) -> Float { Self.bounded(score, by: scoreClip) }

  func bounded(_ advantages: [Float]) -> [Float] {
    advantages.map { Self.bounded($0, by: advantageClip) }
  }

  private static func bounded(_ number: Float, by most: Double) -> Float {
    most > 0 ? min(max(number, Float(-most)), Float(most)) : number
  }
}
