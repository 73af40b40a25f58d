/// Settings of proximal policy optimisation.
public struct PolicyOptions: SettingsSection {
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

  func checked() throws -> Self {
    guard criticWarmup >= 0 else {
      throw AlignmentError.badSetting(
        key: "criticWarmup", value: "\(criticWarmup)", expected: "0 or more")
    }
    guard klCoefficient >= 0 else {
      throw AlignmentError.badSetting(
        key: "klCoefficient", value: "\(klCoefficient)", expected: "0 or more")
    }
    for (key, value) in [("scoreClip", scoreClip), ("advantageClip", advantageClip)] {
      guard value >= 0 else {
        throw AlignmentError.badSetting(key: key, value: "\(value)", expected: "0 or more")
      }
    }
    guard ptxCoefficient == 0 || !ptxDataset.isEmpty else {
      throw AlignmentError.badSetting(
        key: "ptxDataset", value: "", expected: "a text file, since ptxCoefficient is set,")
    }
    return self
  }

  func bounded(score: Float) -> Float { Self.bounded(score, by: scoreClip) }

  func bounded(_ advantages: [Float]) -> [Float] {
    advantages.map { Self.bounded($0, by: advantageClip) }
  }

  private static func bounded(_ number: Float, by most: Double) -> Float {
    most > 0 ? min(max(number, Float(-most)), Float(most)) : number
  }
}
