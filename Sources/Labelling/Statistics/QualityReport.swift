import Foundations

/// Measures of the quality of a task's judgements, with 95% intervals.
public struct QualityReport: Sendable, Hashable, Codable {
  public var prompts = 0
  public var judgements = 0
  /// Prompts that two or more labellers judged. Agreement is computed from these.
  public var overlappingPrompts = 0
  /// The share of pairs of answers that two labellers order alike, without ties.
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

/// The agreement of labellers on one question.
public struct QuestionAgreement: Sendable, Hashable, Codable {
  /// The question's id, with a flag if it has flags: `ranking`, `strength`, `flags.harmful`.
  public var question: String
  /// The number of units that labellers can agree on: pairs of answers, answers or prompts.
  public var units: Int
  /// The share of pairs of labellers that give the same answer.
  public var pairwise: Estimate?
  /// Krippendorff's alpha. For a ranking, the units are pairs (first, tie, second).
  public var alphaNominal: Estimate?
  /// Krippendorff's alpha of ordered values. For a ranking, the values are the answers' places.
  public var alphaOrdinal: Estimate?
  public var alphaInterval: Estimate?
  /// Fleiss' kappa over units with two or more values. For a ranking, the units are pairs.
  public var fleissKappa: Estimate?
  /// The mean of Kendall's tau-b between two labellers of the same prompt.
  public var kendallTau: Estimate?

  public init(question: String, units: Int) {
    self.question = question
    self.units = units
  }
}

/// Measures of the quality of one labeller's work.
public struct LabellerQuality: Sendable, Hashable, Codable {
  /// The labeller's pseudonym, as in exports.
  public var labeller: String
  public var judgements = 0
  /// Prompts that another labeller also judged.
  public var comparedPrompts = 0
  /// The share of pairs that this labeller orders as another labeller does.
  public var agreement: Estimate?
  /// The mean of Kendall's tau-b with the other labellers.
  public var kendallTau: Estimate?
  /// The probability of ordering a clear pair correctly; 0.5 is chance (`LabellerReliability`).
  public var reliability: Estimate?
  /// The weight that a trainer may give this labeller's judgements, from 0 (chance or worse) to 1.
  public var weight: Double?
  /// The share of pairs in gold prompts that the labeller orders correctly.
  public var gold: Estimate?
  public var speed = SpeedCheck()
  /// The share of pairs in which the answer shown earlier is preferred; 0.5 means no bias.
  public var positionBias: Estimate?
  /// The share of pairs in which the longer answer is preferred.
  public var lengthBias: Estimate?
  public var flags: [FlagReliability] = []
  public var drift: Drift?
  public var spam = SpamVerdict()

  public init(labeller: String) {
    self.labeller = labeller
  }
}

/// The speed of judgements.
public struct SpeedCheck: Sendable, Hashable, Codable {
  /// The median of the active times that the page sent.
  public var medianSeconds: Double?
  /// The share of judgements that took less time than reading the text.
  public var hurried: Estimate?

  public init() {}
}

/// The effect of an answer's position on the page on its rank.
public struct PositionBias: Sendable, Hashable, Codable {
  public struct Place: Sendable, Hashable, Codable {
    /// The position on the page, from 1.
    public var position: Int
    /// The share of pairs in which the answer at this position is preferred; 0.5 means no bias.
    public var preferred: Estimate
  }

  /// The share of pairs in which the earlier answer is preferred, without ties; 0.5 means no bias.
  public var earlierPreferred: Estimate
  public var places: [Place]
  /// Whether the interval excludes 0.5.
  public var isBiased: Bool { earlierPreferred.low > 0.5 || earlierPreferred.high < 0.5 }
}

/// The relation between an answer's length and its rank.
public struct LengthBias: Sendable, Hashable, Codable {
  /// The share of pairs in which the longer answer is preferred, without ties and equal lengths.
  public var longerPreferred: Estimate
}

/// One labeller's accuracy with a flag, estimated by Dawid and Skene's model (1979).
public struct FlagReliability: Sendable, Hashable, Codable {
  public var flag: String
  /// The number of answers on which the labeller can be compared with others.
  public var answers: Int
  /// The probability of setting the flag if it applies.
  public var sensitivity: Double
  /// The probability of not setting the flag if it does not apply.
  public var specificity: Double
}

/// The frequency of a flag.
public struct FlagPrevalence: Sendable, Hashable, Codable {
  public var flag: String
  /// The number of answers that two or more labellers judged.
  public var answers: Int
  /// The share of judgements that set the flag.
  public var marked: Double
  /// The share of answers to which the flag applies, by Dawid and Skene's model.
  public var prevalence: Double
}
