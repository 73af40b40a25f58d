import Torch

/// One ranked prompt for a reward model: its responses' scores and which is better than which.
public struct RankedScores {
  /// fp32 [K].
  public let scores: Tensor
  /// Indices into `scores`: first is preferred to second. Ties have no pair.
  public let pairs: [(winner: Int, loser: Int)]

  public init(scores: Tensor, pairs: [(winner: Int, loser: Int)]) {
    self.scores = scores
    self.pairs = pairs
  }
}

/// Losses of reward models.
public enum RankingLoss {
  /// InstructGPT's loss: −1/|pairs| · Σ log σ(r_winner − r_loser) a prompt, each prompt weighs one.
  ///
  /// Ouyang et al. 2022, equation 1; the denominator counts the ordered pairs that are there, so
  /// that a prompt with ties is not weighted down. Returns the sum over prompts.
  public static func allPairs(_ prompts: [RankedScores]) -> Tensor {
    let losses = prompts.filter { !$0.pairs.isEmpty }.map { prompt in
      let winners = prompt.scores.selecting(0, Tensor(prompt.pairs.map(\.winner)))
      let losers = prompt.scores.selecting(0, Tensor(prompt.pairs.map(\.loser)))
      return -(winners - losers).logSigmoid().mean()
    }
    precondition(!losses.isEmpty, "a batch without any ordered pair has no loss")
    return Tensor.stacked(losses).sum()
  }
}
