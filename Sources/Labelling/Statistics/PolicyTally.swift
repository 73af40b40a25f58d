import Foundation
import Foundations

/// The counts for the comparison of policies, added up prompt by prompt.
struct PolicyTally: Sendable {
  private var names: [String: Int] = [:]
  private var policies: [PolicyQuality] = []
  private var lengths: [Double] = []
  private var flagCounts: [[String: Int]] = []
  // One count for each pair of answers to a prompt. `covariate` is the difference in length.
  private var counts: [BradleyTerry.Count] = []
  private var prompts = 0

  mutating func add(_ prompt: PlacedPrompt) {
    let policyOf = prompt.answers.map { $0.source.map { index(of: $0) } }
    for entry in prompt.entries {
      for (answer, policy) in policyOf.enumerated() {
        guard let policy else { continue }
        policies[policy].answers += 1
        lengths[policy] += Double(prompt.answers[answer].bytes)
        for flag in entry.flags(of: answer) { flagCounts[policy][flag, default: 0] += 1 }
      }
    }
    for first in policyOf.indices {
      for second in policyOf.indices.dropFirst(first + 1) {
        guard let left = policyOf[first], let right = policyOf[second], left != right else {
          continue
        }
        count(prompt, first, second, left, right)
      }
    }
    prompts += 1
  }

  private mutating func index(of name: String) -> Int {
    if let known = names[name] { return known }
    names[name] = policies.count
    policies.append(PolicyQuality(name: name))
    lengths.append(0)
    flagCounts.append([:])
    return policies.count - 1
  }

  private mutating func count(
    _ prompt: PlacedPrompt, _ first: Int, _ second: Int, _ left: Int, _ right: Int
  ) {
    var count = BradleyTerry.Count(
      first: left, second: right, wins: 0, losses: 0,
      covariate: Double(prompt.answers[first].bytes - prompt.answers[second].bytes),
      cluster: prompts)
    for entry in prompt.entries {
      switch entry.order(first, second) {
      case .some(1):
        count.wins += 1
        policies[left].won += 1
        policies[right].lost += 1
      case .some(-1):
        count.losses += 1
        policies[left].lost += 1
        policies[right].won += 1
      case .some(0):
        count.wins += 0.5
        count.losses += 0.5
        policies[left].tied += 1
        policies[right].tied += 1
      default: break
      }
    }
    if count.wins + count.losses > 0 { counts.append(count) }
  }
}

// MARK: - Comparing

extension PolicyTally {
  /// Compares the policies, with and without control for length.
  ///
  /// The covariate for length is tanh(Δ / standard deviation of Δ), as in length-controlled
  /// AlpacaEval (Dubois et al. 2024).
  func comparison(regularisation: Double) -> PolicyComparison {
    var result = PolicyComparison()
    result.regularisation = regularisation
    result.policies = policies
    for index in policies.indices { describe(index, &result.policies[index]) }
    // Only policies with comparisons have a strength.
    let compared = policies.indices.filter { policies[$0].comparisons > 0 }
    let places = Dictionary(uniqueKeysWithValues: compared.enumerated().map { ($1, $0) })
    let counts = counts.map { count in
      var count = count
      count.first = places[count.first] ?? 0
      count.second = places[count.second] ?? 0
      return count
    }
    do throws(BradleyTerry.Problem) {
      let plain = try BradleyTerry.fit(counts, items: compared.count, ridge: regularisation)
      for (item, index) in compared.enumerated() {
        result.policies[index].strength = plain.strength(of: item)
          .counting(policies[index].comparisons)
        result.policies[index].winRate = plain.winRate(of: item)
          .counting(policies[index].comparisons)
      }
      try control(counts, compared, &result)
    } catch {
      result.problem = error
    }
    result.policies.sort {
      let rates = ($0.winRate?.value ?? -1, $1.winRate?.value ?? -1)
      return rates.0 == rates.1 ? $0.name < $1.name : rates.0 > rates.1
    }
    return result
  }

  private func control(
    _ counts: [BradleyTerry.Count], _ compared: [Int], _ result: inout PolicyComparison
  ) throws(BradleyTerry.Problem) {
    // The deviation is from 0 instead of the mean, because the order within a pair has no meaning.
    let square = counts.reduce(0) { $0 + $1.covariate * $1.covariate }
    let deviation = (square / Double(max(1, counts.count))).squareRoot()
    guard deviation > 0 else { return }
    let scaled = counts.map { count in
      var count = count
      count.covariate = tanh(count.covariate / deviation)
      return count
    }
    guard Self.tellsLengthFromPolicy(scaled, items: compared.count) else { return }
    let controlled = try BradleyTerry.fit(
      scaled, items: compared.count, ridge: result.regularisation, withCovariate: true)
    result.lengthEffect = controlled.effectEstimate?.counting(counts.count)
    for (item, index) in compared.enumerated() {
      result.policies[index].controlledStrength = controlled.strength(of: item)
        .counting(policies[index].comparisons)
      result.policies[index].controlledWinRate = controlled.winRate(of: item)
        .counting(policies[index].comparisons)
    }
  }

  /// Returns whether the effect of length can be separated from the policies' strengths.
  ///
  /// It cannot if one policy's answers are always longer than another's by the same amount. The
  /// method is least squares of the covariate on differences of policies, by damped Jacobi steps.
  private static func tellsLengthFromPolicy(_ counts: [BradleyTerry.Count], items: Int) -> Bool {
    var offsets = [Double](repeating: 0, count: items)
    for _ in 0..<100 {
      var sums = [Double](repeating: 0, count: items)
      var degrees = [Double](repeating: 0, count: items)
      for count in counts {
        sums[count.first] += offsets[count.second] + count.covariate
        sums[count.second] += offsets[count.first] - count.covariate
        degrees[count.first] += 1
        degrees[count.second] += 1
      }
      // Half a step, because with full steps two policies could alternate without limit.
      for item in offsets.indices where degrees[item] > 0 {
        offsets[item] = (offsets[item] + sums[item] / degrees[item]) / 2
      }
    }
    var square = 0.0
    var residual = 0.0
    for count in counts {
      let rest = count.covariate - (offsets[count.first] - offsets[count.second])
      square += count.covariate * count.covariate
      residual += rest * rest
    }
    return residual > square * 1e-3
  }

  private func describe(_ index: Int, _ policy: inout PolicyQuality) {
    policy.meanLength = lengths[index] / Double(max(1, policy.answers))
    policy.share = Estimate.share(
      weight: Double(policy.won) + Double(policy.tied) / 2, of: Double(policy.comparisons)
    )?.counting(policy.comparisons)
    policy.flags = flagCounts[index].compactMapValues { Estimate.share($0, of: policy.answers) }
  }
}

extension PolicyQuality {
  /// The number of comparisons with answers of other policies.
  public var comparisons: Int { won + lost + tied }
}
