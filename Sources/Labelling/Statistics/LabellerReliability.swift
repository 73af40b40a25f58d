import Foundation
import Foundations

/// Fits Bradley–Terry with a reliability η for each labeller, as Crowd-BT does.
///
/// P(i ≻ j | labeller k) = η_k σ(θᵢ − θⱼ) + (1 − η_k) σ(θⱼ − θᵢ) (Chen and others, Pairwise
/// Ranking Aggregation in a Crowdsourced Setting, WSDM 2013). Crowd-BT fits the θ as well; with
/// three judgements of an answer these follow the labellers so closely that every η comes out too
/// high. Here each difference θᵢ − θⱼ is integrated out over a normal distribution, and η alone is
/// fitted, by EM. An η of 1 orders clear pairs right, 0.5 is chance, and 0 is always wrong.
public struct LabellerReliability: Sendable {
  public struct Options: Sendable {
    /// The standard deviation of θᵢ − θⱼ, in log-odds.
    public var spread = 3.0
    /// Earlier right and wrong orders with which each labeller starts: a Beta prior less 1.
    public var priorRight = 2.0
    public var priorWrong = 1.0
    public var iterations = 100
    public var tolerance = 1e-5

    public init() {}
  }

  /// By labeller; nil where nobody else judged the same pair.
  public let reliability: [Estimate?]
  /// By labeller: the score test's standard errors above η = 0.5, with the others as judges.
  public let aboveChance: [Double?]
  /// By labeller: the prompts compared.
  public let prompts: [Int]

  public static func fit(
    _ votes: PairVotes, labellers: Int, options: Options = Options()
  ) -> LabellerReliability {
    var model = Model(votes: votes, labellers: labellers, options: options)
    for _ in 0..<options.iterations where model.improve() > options.tolerance {}
    return model.result()
  }
}

private struct Model {
  let votes: PairVotes
  let options: LabellerReliability.Options
  var reliability: [Double]
  // The grid over which the difference is integrated: σ(d), and the weight of d.
  let chances: [Double]
  let weights: [Double]

  init(votes: PairVotes, labellers: Int, options: LabellerReliability.Options) {
    self.votes = votes
    self.options = options
    // Starting above chance chooses the solution in which most labellers are right.
    reliability = [Double](repeating: 0.8, count: labellers)
    let grid = stride(from: -2.4, through: 2.4, by: 0.6).map(\.self)
    chances = grid.map { BradleyTerry.logistic($0 * options.spread) }
    let density = grid.map { exp(-$0 * $0 / 2) }
    let total = density.reduce(0, +)
    weights = density.map { $0 / total }
  }

  /// Calls `body` for each pair with its votes, their chances by point of the grid (in `likelihoods`
  /// from the first vote on), and the distribution of the difference that follows from them.
  // Pointers: with arrays, checking their bounds takes most of the time.
  private func forEachPair(
    _ body: (
      _ prompt: Int, _ votes: Range<Int>, _ likelihoods: UnsafeMutablePointer<Double>,
      _ posterior: UnsafeMutablePointer<Double>
    ) -> Void
  ) {
    let size = chances.count
    var likelihoods = [Double](repeating: 0, count: size * votes.mostVotes)
    var posterior = weights
    likelihoods.withUnsafeMutableBufferPointer { likelihoods in
      posterior.withUnsafeMutableBufferPointer { posterior in
        guard let likelihoods = likelihoods.baseAddress, let posterior = posterior.baseAddress
        else { return }
        votes.forEachPair { prompt, range in
          for point in 0..<size { posterior[point] = weights[point] }
          for (index, vote) in range.enumerated() {
            let eta = reliability[Int(votes.labellers[vote])]
            let isFirst = votes.signs[vote] > 0
            let row = likelihoods + index * size
            for point in 0..<size {
              let right = isFirst ? chances[point] : 1 - chances[point]
              row[point] = 1 - eta - right + 2 * eta * right
              posterior[point] *= row[point]
            }
          }
          var total = 0.0
          for point in 0..<size { total += posterior[point] }
          for point in 0..<size { posterior[point] /= total }
          body(prompt, range, likelihoods, posterior)
        }
      }
    }
  }

  /// One step of EM; returns the greatest change.
  mutating func improve() -> Double {
    var rights = [Double](repeating: options.priorRight, count: reliability.count)
    var counts = [Double](
      repeating: options.priorRight + options.priorWrong, count: reliability.count)
    let size = chances.count
    forEachPair { _, range, likelihoods, posterior in
      for (index, vote) in range.enumerated() {
        let labeller = Int(votes.labellers[vote])
        let isFirst = votes.signs[vote] > 0
        let row = likelihoods + index * size
        var share = 0.0
        for point in 0..<size {
          let right = isFirst ? chances[point] : 1 - chances[point]
          share += posterior[point] * right / row[point]
        }
        rights[labeller] += reliability[labeller] * share
        counts[labeller] += 1
      }
    }
    var change = 0.0
    for labeller in reliability.indices where counts[labeller] > 0 {
      let next = min(max(rights[labeller] / counts[labeller], 1e-4), 1 - 1e-4)
      change = max(change, abs(next - reliability[labeller]))
      reliability[labeller] = next
    }
    return change
  }

  /// The scores of one labeller, summed over pairs and, for their spread, over prompts.
  private struct Scores {
    var prompt = -1
    var prompts = 0
    // At the fitted η: of this prompt, squares over prompts, squares over pairs.
    var open = 0.0
    var promptSquares = 0.0
    var pairSquares = 0.0
    // At η = 0.5.
    var openAtChance = 0.0
    var atChance = 0.0
    var squaresAtChance = 0.0

    mutating func close() {
      promptSquares += open * open
      atChance += openAtChance
      squaresAtChance += openAtChance * openAtChance
      open = 0
      openAtChance = 0
    }
  }

  func result() -> LabellerReliability {
    var scores = [Scores](repeating: Scores(), count: reliability.count)
    let size = chances.count
    forEachPair { prompt, range, likelihoods, posterior in
      for (index, vote) in range.enumerated() {
        let labeller = Int(votes.labellers[vote])
        let row = likelihoods + index * size
        var score = 0.0
        var withoutTotal = 0.0
        for point in 0..<size {
          let right = votes.signs[vote] > 0 ? chances[point] : 1 - chances[point]
          let others = posterior[point] / row[point]
          score += others * (2 * right - 1)
          withoutTotal += others
        }
        if scores[labeller].prompt != prompt {
          scores[labeller].close()
          scores[labeller].prompt = prompt
          scores[labeller].prompts += 1
        }
        scores[labeller].open += score
        scores[labeller].pairSquares += score * score
        scores[labeller].openAtChance += score / withoutTotal
      }
    }
    return summary(scores)
  }

  private func summary(_ scores: [Scores]) -> LabellerReliability {
    var estimates: [Estimate?] = []
    var aboveChance: [Double?] = []
    for (labeller, scores) in scores.enumerated() {
      var scores = scores
      scores.close()
      let spread = scores.squaresAtChance.squareRoot()
      aboveChance.append(spread > 0 ? scores.atChance / spread : nil)
      estimates.append(estimate(reliability[labeller], scores))
    }
    return LabellerReliability(
      reliability: estimates, aboveChance: aboveChance, prompts: scores.map(\.prompts))
  }

  // The sandwich over prompts, on the scale of log-odds so that the interval stays within 0 to 1.
  private func estimate(_ eta: Double, _ scores: Scores) -> Estimate? {
    guard scores.prompts > 0 else { return nil }
    let spread = eta * (1 - eta)
    let prior =
      options.priorRight / (eta * eta) + options.priorWrong / ((1 - eta) * (1 - eta))
    let information = scores.pairSquares + prior
    let reach = Estimate.z * (scores.promptSquares + prior).squareRoot() / information / spread
    let centre = log(eta / (1 - eta))
    return Estimate(
      value: eta, low: BradleyTerry.logistic(centre - reach),
      high: BradleyTerry.logistic(centre + reach), count: scores.prompts)
  }
}
