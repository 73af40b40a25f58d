import Foundations

/// Says how far the judgements of a task can be trusted, with 95 % intervals.
public struct QualityReport: Sendable, Hashable, Codable {
  public var prompts = 0
  public var judgements = 0
  /// Prompts that two or more labellers judged: what agreement rests on.
  public var overlappingPrompts = 0
  /// How often two labellers order a pair of answers alike; ties are left out.
  public var pairwise: Estimate?
  public var questions: [QuestionAgreement] = []
  public var labellers: [LabellerQuality] = []
  public var policies = PolicyComparison()
  public var positionBias: PositionBias?
  public var lengthBias: LengthBias?
  public var speed = SpeedCheck()
  public var flags: [FlagPrevalence] = []

  public init() {}
}

/// Tells how far labellers agree on one question.
public struct QuestionAgreement: Sendable, Hashable, Codable {
  /// Such as `ranking`, `rating`, `strength`, `flags.harmful` or `promptFlags.ambiguous`.
  public var question: String
  /// What the labellers judge alike or not: pairs of answers, answers, or prompts.
  public var units: Int
  /// How often two labellers give the same answer.
  public var pairwise: Estimate?
  /// Krippendorff's alpha; of a ranking on pairs (first, tie, second).
  public var alphaNominal: Estimate?
  /// Krippendorff's alpha of ordered values; of a ranking on the answers' places.
  public var alphaOrdinal: Estimate?
  public var alphaInterval: Estimate?
  /// Fleiss' kappa over units with any number of values of two or more; on pairs of a ranking.
  public var fleissKappa: Estimate?
  /// The mean of Kendall's tau-b between two labellers of one prompt.
  public var kendallTau: Estimate?

  public init(question: String, units: Int) {
    self.question = question
    self.units = units
  }
}

/// Says what is known of one labeller's work.
public struct LabellerQuality: Sendable, Hashable, Codable {
  /// The pseudonym, as in exports.
  public var labeller: String
  public var judgements = 0
  /// Prompts that another labeller judged as well.
  public var comparedPrompts = 0
  /// How often this labeller orders a pair as another labeller does.
  public var agreement: Estimate?
  /// The mean of Kendall's tau-b with the other labellers.
  public var kendallTau: Estimate?
  /// How often a clear pair is ordered right: 0.5 is chance (`LabellerReliability`).
  public var reliability: Estimate?
  /// How much a trainer may weigh this labeller's judgements: 1 at best, 0 at chance or below.
  public var weight: Double?
  /// How often the known order of gold items is met.
  public var gold: Estimate?
  public var speed = SpeedCheck()
  /// How often the answer shown earlier is preferred; 0.5 is none.
  public var positionBias: Estimate?
  /// How often the longer answer is preferred.
  public var lengthBias: Estimate?
  public var flags: [FlagReliability] = []
  public var drift: Drift?
  public var spam = SpamVerdict()

  public init(labeller: String) {
    self.labeller = labeller
  }
}

/// Tells how fast judgements were made.
public struct SpeedCheck: Sendable, Hashable, Codable {
  /// The median of the active times that were sent along.
  public var medianSeconds: Double?
  /// The share of judgements made faster than their text can be read.
  public var hurried: Estimate?

  public init() {}
}

/// Tells whether the place at which an answer was shown sways the ranking.
public struct PositionBias: Sendable, Hashable, Codable {
  public struct Place: Sendable, Hashable, Codable {
    /// Counted from 1.
    public var position: Int
    /// How often the answer shown here was preferred to one shown elsewhere; 0.5 is none.
    public var preferred: Estimate
  }

  /// How often the answer shown earlier is preferred; 0.5 is none. Ties are left out.
  public var earlierPreferred: Estimate
  public var places: [Place]
  /// Whether the interval leaves out 0.5.
  public var isBiased: Bool { earlierPreferred.low > 0.5 || earlierPreferred.high < 0.5 }
}

/// Tells whether the length of an answer goes with its rank.
public struct LengthBias: Sendable, Hashable, Codable {
  /// How often the longer of two answers is preferred; ties and equal lengths are left out.
  public var longerPreferred: Estimate
}

/// Tells how well one labeller finds a flag, estimated by Dawid and Skene's model (1979).
public struct FlagReliability: Sendable, Hashable, Codable {
  public var flag: String
  /// Answers on which this labeller could be compared.
  public var answers: Int
  /// The chance to set the flag where it applies.
  public var sensitivity: Double
  /// The chance to leave it where it does not.
  public var specificity: Double
}

/// Tells how common a flag is.
public struct FlagPrevalence: Sendable, Hashable, Codable {
  public var flag: String
  /// Answers that two or more labellers judged.
  public var answers: Int
  /// The share of marks that set it.
  public var marked: Double
  /// The share of answers to which it applies, by Dawid and Skene's model.
  public var prevalence: Double
}
