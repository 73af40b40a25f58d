import Foundations

/// A comparison of the policies that wrote a task's answers.
public struct PolicyComparison: Sendable, Hashable, Codable {
  /// The policies by win rate, best first. Equal rates are ordered by name.
  public var policies: [PolicyQuality] = []
  /// The advantage, in log-odds, of an answer that is longer by the usual difference.
  public var lengthEffect: Estimate?
  /// The ridge in the fit of the strengths. 0 is maximum likelihood.
  public var regularisation = PolicyComparison.defaultRegularisation
  /// The reason that there are no strengths; nil if there are.
  public var problem: BradleyTerry.Problem?

  public static let defaultRegularisation = 0.01

  public init() {}
}

/// The results of one policy's answers.
public struct PolicyQuality: Sendable, Hashable, Codable {
  public var name: String
  /// The number of judgements of answers by this policy.
  public var answers = 0
  public var won = 0
  public var lost = 0
  public var tied = 0
  /// The mean length of its judged answers, in bytes of UTF-8.
  public var meanLength = 0.0
  /// The share of comparisons won, with a tie as half a win. It depends on the opponents.
  public var share: Estimate?
  /// Bradley–Terry's log-odds, centred on 0; intervals are clustered by prompt.
  public var strength: Estimate?
  /// Bradley–Terry's mean probability of beating another policy, with equal weights.
  public var winRate: Estimate?
  /// The strength at equal lengths, by Bradley–Terry with the difference in length as covariate.
  public var controlledStrength: Estimate?
  public var controlledWinRate: Estimate?
  /// The share of judged answers on which each flag was set.
  public var flags: [String: Estimate] = [:]

  public init(name: String) {
    self.name = name
  }
}
