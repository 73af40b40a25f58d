/// Settings of proximal policy optimisation.
public struct PPOOptions: SettingsSection {
  /// Clip range ε of the probability ratio: 1 ± clipRange.
  public var clipRange = 0.2
  /// Largest change of a value in one round before its loss is clipped.
  public var valueClipRange = 0.2
  /// Weight of the value loss; 0 learns no values.
  public var valueCoefficient = 0.1
  /// The network whose hidden states feed the value head: shared (the policy) or reward (a copy of the
  /// reward model, trained together with the policy).
  public var valueTrunk = Critic.Trunk.shared
  /// Initial weights of the value head: zero, or reward (the reward model's head).
  public var valueHead = Critic.Head.zero
  /// Rounds at the start in which only the values are learned (PPO-max; `docs/recipe.md`, P15).
  public var criticWarmup = 0
  /// Discount γ per token; 1 does not discount.
  public var gamma = 1.0
  /// λ of generalised advantage estimation (Schulman et al. 2016).
  public var lambda = 0.95
  /// Whitening of the advantages.
  public var whitening = Whitening.openrlhf
  /// Also whitens the rewards per token, without shifting their mean.
  public var whitensRewards = false
  /// Divides scores by the standard deviation of all scores so far in the run, without shifting their
  /// mean (PPO-max; `docs/recipe.md`, P15).
  public var scalesScores = false
  /// Largest absolute score after scaling. 0 turns the clipping off.
  public var scoreClip = 0.0
  /// Largest absolute advantage after whitening. 0 turns the clipping off.
  public var advantageClip = 0.0
  /// Initial weight of the KL penalty, for scores with variance 1.
  public var klCoefficient = 0.05
  /// Target KL per answer, in nats. 0 keeps klCoefficient fixed. Typical: 6.
  public var klTarget = 6.0
  /// Episodes within which klCoefficient changes by at most 20%.
  public var klHorizon = 2000.0
  /// Weight of the language-modelling loss on pretraining text, added to each gradient (PPO-ptx; Ouyang
  /// et al. 2022). 0 turns it off.
  public var ptxCoefficient = 0.0
  /// The pretraining text file.
  public var ptxDataset = ""
  /// Pretraining tokens per optimiser step.
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
      "more than a fifth of the episodes per round (\(shortest))")
    try require("ptxTokens", ptxTokens, in: 1...SettingLimit.count)
    try require(
      "criticWarmup", criticWarmup, criticWarmup >= 0 && criticWarmup < rollout.iterations,
      "0 or more, and below iterations (\(rollout.iterations)), so that the policy learns too")
    try require(
      "ptxDataset", ptxDataset, ptxCoefficient == 0 || !ptxDataset.isEmpty,
      "a text file, because ptxCoefficient is set")
    try checkEffects(in: settings)
  }

  private func checkEffects(in settings: Settings) throws {
    if klTarget == 0 {
      try settings.refuse("klHorizon", because: "with klTarget=0, which keeps klCoefficient fixed")
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
        "valueClipRange", "criticWarmup", because: "with valueCoefficient=0, which learns no values"
      )
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
