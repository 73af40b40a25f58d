import Foundation
import Foundations

/// A fit of Bradley and Terry's model (1952): P(first beats second) = σ(θ₁ − θ₂ + β x).
///
/// A tie counts as half a win and half a loss. The optional x is a covariate, such as the
/// difference in length. The strengths are centred on 0. Their covariance is the sandwich
/// H⁻¹ (Σ g gᵀ) H⁻¹ over clusters, because the comparisons of one prompt are not independent.
public struct BradleyTerry: Sendable {
  /// The counts of comparisons between two items within one cluster.
  public struct Count: Sendable, Hashable {
    public var first: Int
    public var second: Int
    /// Wins of the first item. A tie counts as half a win.
    public var wins: Double
    public var losses: Double
    public var covariate: Double
    public var cluster: Int

    public init(
      first: Int, second: Int, wins: Double, losses: Double, covariate: Double = 0,
      cluster: Int = 0
    ) {
      self.first = first
      self.second = second
      self.wins = wins
      self.losses = losses
      self.covariate = covariate
      self.cluster = cluster
    }
  }

  /// The reason that there is no fit.
  public enum Problem: String, Error, Sendable, Hashable, Codable {
    /// There are fewer than two items or no comparisons.
    case tooFew
    /// There are more items than `mostItems`.
    case tooMany
    /// Some items never lost to the others or never beat them. A fit then needs a ridge.
    case separated
    case notConverged
  }

  public static let mostItems = 300

  public let strengths: [Double]
  /// β; nil without a covariate.
  public let effect: Double?
  let covariance: SymmetricMatrix

  /// Returns an item's strength.
  public func strength(of item: Int) -> Estimate {
    estimate(strengths[item], covariance[item, item], count: strengths.count)
  }

  /// The covariate's effect with its interval; nil without a covariate.
  public var effectEstimate: Estimate? {
    effect.map {
      estimate($0, covariance[covariance.size - 1, covariance.size - 1], count: strengths.count)
    }
  }

  /// Returns an item's mean probability of beating another at x = 0, by the delta method.
  public func winRate(of item: Int) -> Estimate {
    var gradient = [Double](repeating: 0, count: covariance.size)
    var rate = 0.0
    let others = Double(max(1, strengths.count - 1))
    for other in strengths.indices where other != item {
      let chance = Self.logistic(strengths[item] - strengths[other])
      rate += chance / others
      gradient[item] += chance * (1 - chance) / others
      gradient[other] -= chance * (1 - chance) / others
    }
    // The interval is computed in log-odds, which keeps it between 0 and 1.
    let spread = max(rate * (1 - rate), 1e-12)
    let reach = Estimate.z * max(0, covariance.quadratic(gradient)).squareRoot() / spread
    let centre = log(rate / (1 - rate))
    return Estimate(
      value: rate, low: Self.logistic(centre - reach), high: Self.logistic(centre + reach),
      count: strengths.count)
  }

  private func estimate(_ value: Double, _ variance: Double, count: Int) -> Estimate {
    let reach = Estimate.z * max(0, variance).squareRoot()
    return Estimate(value: value, low: value - reach, high: value + reach, count: count)
  }

  static func logistic(_ value: Double) -> Double { 1 / (1 + exp(-value)) }
}

// MARK: - Fitting

extension BradleyTerry {
  /// Maximises the log-likelihood minus `ridge` · Σ θ², by Newton's method.
  ///
  /// A ridge of 0 is maximum likelihood. It exists only if each side of every split of the items
  /// has wins over the other side (Ford, 1957). Throws `Problem`.
  public static func fit(
    _ counts: [Count], items: Int, ridge: Double = 0, withCovariate: Bool = false
  ) throws(Problem) -> BradleyTerry {
    guard items >= 2, !counts.isEmpty else { throw .tooFew }
    guard items <= mostItems else { throw .tooMany }
    guard ridge > 0 || isConnected(counts, items: items) else { throw .separated }
    let model = Likelihood(
      counts: withCovariate ? counts : pooled(counts), items: items, ridge: ridge,
      withCovariate: withCovariate)
    var parameters = [Double](repeating: 0, count: model.size)
    for _ in 0..<100 {
      let (gradient, information) = model.derivatives(at: parameters)
      guard let inverse = information.inverse() else { throw .notConverged }
      let step = inverse.times(gradient)
      parameters = model.improved(parameters, by: step)
      guard parameters.allSatisfy(\.isFinite) else { throw .notConverged }
      if step.allSatisfy({ abs($0) < 1e-10 }) { break }
    }
    let (_, information) = model.derivatives(at: parameters)
    guard let inverse = information.inverse() else { throw .notConverged }
    let scores = Likelihood(
      counts: counts, items: items, ridge: ridge, withCovariate: withCovariate
    ).clusteredScores(at: parameters)
    // Equal ridges keep the sum at 0. Subtracting the mean removes the rounding error.
    let mean = parameters.prefix(items).reduce(0, +) / Double(items)
    return BradleyTerry(
      strengths: parameters.prefix(items).map { $0 - mean },
      effect: withCovariate ? parameters[items] : nil,
      covariance: inverse.times(scores).times(inverse))
  }

  // Without a covariate, adds up the counts of the same two items over all clusters.
  private static func pooled(_ counts: [Count]) -> [Count] {
    var pooled: [[Int]: Count] = [:]
    for count in counts {
      let isForward = count.first < count.second
      let key = isForward ? [count.first, count.second] : [count.second, count.first]
      var sum = pooled[key] ?? Count(first: key[0], second: key[1], wins: 0, losses: 0)
      sum.wins += isForward ? count.wins : count.losses
      sum.losses += isForward ? count.losses : count.wins
      pooled[key] = sum
    }
    // A dictionary's order differs between runs and would change the last digits of sums.
    return pooled.values.sorted { ($0.first, $0.second) < ($1.first, $1.second) }
  }

  // Whether a path of wins leads from each item to every other.
  private static func isConnected(_ counts: [Count], items: Int) -> Bool {
    var beats = [Set<Int>](repeating: [], count: items)
    var beatenBy = [Set<Int>](repeating: [], count: items)
    for count in counts {
      if count.wins > 0 {
        beats[count.first].insert(count.second)
        beatenBy[count.second].insert(count.first)
      }
      if count.losses > 0 {
        beats[count.second].insert(count.first)
        beatenBy[count.first].insert(count.second)
      }
    }
    return [beats, beatenBy].allSatisfy { edges in
      var seen: Set<Int> = [0]
      var open = [0]
      while let item = open.popLast() {
        for next in edges[item] where seen.insert(next).inserted { open.append(next) }
      }
      return seen.count == items
    }
  }
}

/// The penalised likelihood of a Bradley–Terry model and its derivatives.
private struct Likelihood {
  let counts: [BradleyTerry.Count]
  let items: Int
  let ridge: Double
  let withCovariate: Bool

  var size: Int { items + (withCovariate ? 1 : 0) }

  private func margin(_ count: BradleyTerry.Count, _ parameters: [Double]) -> Double {
    parameters[count.first] - parameters[count.second]
      + (withCovariate ? parameters[items] * count.covariate : 0)
  }

  func value(at parameters: [Double]) -> Double {
    var value = 0.0
    for item in 0..<items { value -= ridge * parameters[item] * parameters[item] }
    for count in counts {
      let margin = margin(count, parameters)
      // log σ(m) without overflow.
      let loss = log1p(exp(-abs(margin)))
      value += count.wins * (min(0, margin) - loss) + count.losses * (min(0, -margin) - loss)
    }
    return value
  }

  /// Returns the gradient and the negative Hessian.
  ///
  /// The strengths are determined only up to a constant, so the Hessian is singular. Adding 1 1ᵀ on
  /// the strengths makes it invertible, and does not change the maximum.
  func derivatives(at parameters: [Double]) -> ([Double], SymmetricMatrix) {
    var gradient = [Double](repeating: 0, count: size)
    var information = SymmetricMatrix(size: size)
    for row in 0..<items {
      gradient[row] = -2 * ridge * parameters[row]
      for column in 0..<items { information[row, column] = 1 }
      information[row, row] += 2 * ridge
    }
    for count in counts {
      let chance = BradleyTerry.logistic(margin(count, parameters))
      let total = count.wins + count.losses
      let score = count.wins - total * chance
      let weight = total * chance * (1 - chance)
      gradient[count.first] += score
      gradient[count.second] -= score
      information[count.first, count.first] += weight
      information[count.second, count.second] += weight
      information[count.first, count.second] -= weight
      information[count.second, count.first] -= weight
      guard withCovariate else { continue }
      gradient[items] += score * count.covariate
      information[items, items] += weight * count.covariate * count.covariate
      for (item, sign) in [(count.first, 1.0), (count.second, -1.0)] {
        information[item, items] += sign * weight * count.covariate
        information[items, item] += sign * weight * count.covariate
      }
    }
    return (gradient, information)
  }

  /// Returns the parameters after the step, halved until the likelihood does not decrease.
  func improved(_ parameters: [Double], by step: [Double]) -> [Double] {
    let before = value(at: parameters)
    var length = 1.0
    for _ in 0..<30 {
      let next = zip(parameters, step).map { $0 + length * $1 }
      if value(at: next) >= before - 1e-12 * abs(before) { return next }
      length /= 2
    }
    return parameters
  }

  /// Returns Σ g gᵀ over clusters, times the correction C / (C − 1) for C clusters.
  func clusteredScores(at parameters: [Double]) -> SymmetricMatrix {
    var scores = SymmetricMatrix(size: size)
    var clusters = 0.0
    var score: [Int: Double] = [:]
    func close() {
      guard !score.isEmpty else { return }
      clusters += 1
      for (row, left) in score {
        for (column, right) in score { scores[row, column] += left * right }
      }
      score.removeAll(keepingCapacity: true)
    }
    var current: Int?
    for count in counts.sorted(by: { $0.cluster < $1.cluster }) {
      if count.cluster != current { close() }
      current = count.cluster
      let chance = BradleyTerry.logistic(margin(count, parameters))
      let part = count.wins - (count.wins + count.losses) * chance
      score[count.first, default: 0] += part
      score[count.second, default: 0] -= part
      if withCovariate { score[items, default: 0] += part * count.covariate }
    }
    close()
    let correction = clusters > 1 ? clusters / (clusters - 1) : 1
    for row in 0..<size { for column in 0..<size { scores[row, column] *= correction } }
    return scores
  }
}
