import Foundations

/// Compares the policies that wrote a task's answers.
public struct PolicyComparison: Sendable, Hashable, Codable {
  /// By win rate, best first; at equal rates by name.
  public var policies: [PolicyQuality] = []
  /// What an answer that is longer by the usual difference gains, in log-odds.
  public var lengthEffect: Estimate?
  /// The ridge on the strengths with which they were fitted; 0 is maximum likelihood.
  public var regularisation = PolicyComparison.defaultRegularisation
  /// Why there are no strengths, where there are none.
  public var problem: BradleyTerry.Problem?

  public static let defaultRegularisation = 0.01

  public init() {}
}

/// Tells how well one policy's answers do.
public struct PolicyQuality: Sendable, Hashable, Codable {
  public var name: String
  /// Judgements of answers by this policy.
  public var answers = 0
  public var won = 0
  public var lost = 0
  public var tied = 0
  /// The mean length of its judged answers, in bytes of UTF-8.
  public var meanLength = 0.0
  /// The share of comparisons won, a tie as half a win, against whichever opponents there were.
  public var share: Estimate?
  /// Bradley–Terry's log-odds, centred on 0; intervals are clustered by prompt.
  public var strength: Estimate?
  /// The chance to beat another policy, each equally often, by Bradley–Terry.
  public var winRate: Estimate?
  /// The same at equal lengths, by Bradley–Terry with the difference in length.
  public var controlledStrength: Estimate?
  public var controlledWinRate: Estimate?
  /// The share of judged answers on which each flag was set.
  public var flags: [String: Estimate] = [:]

  public init(name: String) {
    self.name = name
  }
}
