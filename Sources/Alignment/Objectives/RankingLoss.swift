import Foundation
import Torch

/// One ranked prompt for a reward model: its responses' scores and which is better than which.
public struct RankedScores {
  /// fp32 [K].
  public var scores: Tensor
  /// Indices into `scores`: first is preferred to second.
  public var pairs: [(winner: Int, loser: Int)]
  /// Indices of responses that were judged equal.
  public var ties: [(Int, Int)] = []
  /// The whole ranking, best first, equal ones together.
  public var groups: [[Int]] = []
  /// By how much a winner should lead (Llama 2), from the strength of the preference.
  public var margin = 0.0
  /// How much the judgement counts: the labeller's reliability times the stated confidence.
  public var weight = 1.0

  public init(scores: Tensor, pairs: [(winner: Int, loser: Int)]) {
    self.scores = scores
    self.pairs = pairs
  }

  fileprivate func differences() -> Tensor { Self.difference(scores, pairs.map { ($0, $1) }) }

  fileprivate static func difference(_ scores: Tensor, _ pairs: [(Int, Int)]) -> Tensor {
    scores.selecting(0, Tensor(pairs.map(\.0))) - scores.selecting(0, Tensor(pairs.map(\.1)))
  }
}

/// Losses of reward models; each is the weighted sum over prompts, and each prompt weighs one.
public enum RankingLoss: String, Sendable, Codable, CaseIterable {
  /// InstructGPT's −1/|pairs| · Σ log σ(r_w − r_l − margin) (Ouyang et al. 2022, equation 1).
  ///
  /// The denominator counts the ordered pairs that are there, so that ties take no weight away.
  case allPairs
  /// Bradley–Terry with ties of Davidson (1970).
  case davidson
  /// Bradley–Terry with ties of Rao and Kupper (1967).
  case raoKupper
  /// Plackett–Luce over the whole ranking; ties as Breslow (1974).
  case plackettLuce

  public var usesTies: Bool { self != .allPairs }
  /// Whether there is a tie parameter to be trained.
  public var hasTieParameter: Bool { self == .davidson || self == .raoKupper }

  /// The loss summed over prompts. `tie` is the trained scalar of the models with ties: log ν of
  /// Davidson; of Rao and Kupper log η, where η = log θ > 0.
  public func callAsFunction(_ prompts: [RankedScores], tie: Tensor? = nil) -> Tensor {
    let losses = prompts.compactMap { prompt -> Tensor? in
      loss(prompt, tie: tie).map { $0 * prompt.weight }
    }
    precondition(!losses.isEmpty, "a batch without any comparison has no loss")
    return Tensor.stacked(losses).sum()
  }

  private func loss(_ prompt: RankedScores, tie: Tensor?) -> Tensor? {
    switch self {
    case .allPairs:
      guard !prompt.pairs.isEmpty else { return nil }
      return -(prompt.differences() - prompt.margin).logSigmoid().mean()
    case .plackettLuce: return Self.choices(prompt)
    case .davidson, .raoKupper:
      guard let tie else { preconditionFailure("\(rawValue) needs its tie parameter") }
      let terms = tieTerms(prompt, tie)
      return terms.isEmpty ? nil : -Tensor.concatenated(terms).mean()
    }
  }

  /// log-likelihoods of the ordered pairs and of the ties, where there are any.
  private func tieTerms(_ prompt: RankedScores, _ tie: Tensor) -> [Tensor] {
    var terms: [Tensor] = []
    let model = self == .davidson ? Self.davidsonLogarithms : Self.raoKupperLogarithms
    if !prompt.pairs.isEmpty { terms.append(model(prompt.differences(), tie).win) }
    if !prompt.ties.isEmpty {
      terms.append(model(RankedScores.difference(prompt.scores, prompt.ties), tie).tie)
    }
    return terms
  }

  /// log P(i > j) and log P(i = j) for d = r_i − r_j (Davidson 1970):
  /// e^d : 1 : ν e^(d/2), normalised.
  private static func davidsonLogarithms(_ d: Tensor, _ tie: Tensor) -> (win: Tensor, tie: Tensor) {
    let middle = 0.5 * d + tie
    let total = Tensor.stacked([d, Tensor.zeros(d.shape, d.dataType), middle]).logSumExp(0)
    return (d - total, middle - total)
  }

  /// P(i > j) = σ(d − η), P(i = j) = (θ² − 1) σ(d − η) σ(−d − η), θ = e^η (Rao and Kupper 1967).
  private static func raoKupperLogarithms(_ d: Tensor, _ tie: Tensor) -> (win: Tensor, tie: Tensor)
  {
    let eta = tie.exp()
    let win = (d - eta).logSigmoid()
    // log(θ² − 1) = 2η + log(1 − e^(−2η)); the tangent keeps it exact for a small η.
    let scale = 2.0 * eta + (eta.tanh() * ((-2.0 * eta).exp() + 1)).log()
    return (win, win + (-d - eta).logSigmoid() + scale)
  }

  /// −mean over choices of (r_i − log Σ e^r over those not better): each tied response is chosen
  /// from all that remain with its ties among them (Plackett 1975, Luce 1959; Breslow 1974).
  private static func choices(_ prompt: RankedScores) -> Tensor? {
    var terms: [Tensor] = []
    for place in prompt.groups.indices.dropLast() {
      let rest = prompt.groups[place...].flatMap { $0 }
      let total = prompt.scores.selecting(0, Tensor(rest)).logSumExp(0)
      terms += prompt.groups[place].map { prompt.scores[$0] - total }
    }
    return terms.isEmpty ? nil : -Tensor.stacked(terms).mean()
  }

  /// Σ over prompts of mean (r_w + r_l)²: keeps the free additive constant near zero
  /// (Eisenstein et al. 2023); multiply by a small coefficient.
  public static func centring(_ prompts: [RankedScores]) -> Tensor {
    let sums = prompts.filter { !$0.pairs.isEmpty }.map { prompt in
      (prompt.scores.selecting(0, Tensor(prompt.pairs.map(\.winner)))
        + prompt.scores.selecting(0, Tensor(prompt.pairs.map(\.loser)))).square().mean()
    }
    precondition(!sums.isEmpty, "a batch without any ordered pair cannot be centred")
    return Tensor.stacked(sums).sum()
  }
}
