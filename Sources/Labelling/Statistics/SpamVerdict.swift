import Foundation

/// The signs that a labeller works without reading.
public struct SpamVerdict: Sendable, Hashable, Codable {
  public enum Reason: String, Sendable, Hashable, Codable, CaseIterable {
    /// Agrees with the others no more than answers at random do.
    case chance
    /// Ranks by position on the page.
    case position
    /// Ranks by length although the others do not.
    case length
    /// Judges in less time than reading the text takes.
    case hurried
  }

  public var isSuspected: Bool { !reasons.isEmpty }
  public var reasons: [Reason] = []
  /// The agreement with the others above chance, in standard errors.
  public var aboveChance: Double?

  public init() {}
}

/// The checks for labellers who work without reading.
///
/// Each check is a test at a level of 1% or stricter that also needs a minimum effect. Otherwise a
/// slight habit would count as spam after thousands of judgements.
struct SpamCheck: Sendable {
  /// The limit that a labeller at chance exceeds once in a hundred times, in standard errors.
  static let chanceLimit = 2.33
  /// The least expected distance between honest answers and answers at random, in standard errors.
  /// Below it, the check cannot separate them.
  static let leastPower = 3.3
  static let fewestJudgements = 8

  /// A typical labeller's agreement above chance after one prompt, in standard errors.
  private let typicalEffect: Double?

  init(_ reliability: LabellerReliability) {
    let effects = zip(reliability.aboveChance, reliability.prompts).compactMap { above, prompts in
      above.flatMap { $0 > Self.chanceLimit ? $0 / Double(prompts).squareRoot() : nil }
    }.sorted()
    typicalEffect = effects.isEmpty ? nil : effects[effects.count / 2]
  }

  func verdict(
    aboveChance: Double?, prompts: Int, habits: HabitTally, others: HabitTally, speed: SpeedCheck
  ) -> SpamVerdict {
    var verdict = SpamVerdict()
    verdict.aboveChance = aboveChance
    if isChance(aboveChance, prompts) { verdict.reasons.append(.chance) }
    if habits.followsPosition { verdict.reasons.append(.position) }
    if habits.followsLength(unlike: others) { verdict.reasons.append(.length) }
    if let hurried = speed.hurried, hurried.count >= Self.fewestJudgements, hurried.low > 0.5 {
      verdict.reasons.append(.hurried)
    }
    return verdict
  }

  // With little data, the limit is half of a typical labeller's agreement above chance. It then
  // misjudges honest labellers and labellers at chance equally often.
  private func isChance(_ aboveChance: Double?, _ prompts: Int) -> Bool {
    guard let aboveChance, let typicalEffect else { return false }
    let typical = typicalEffect * Double(prompts).squareRoot()
    return typical >= Self.leastPower && aboveChance < min(Self.chanceLimit, typical / 2)
  }
}

/// The sums for the checks whether a labeller's ranking follows position or length.
struct HabitTally: Sendable {
  // By number of answers: the number of judgements, and the sum of ranks at each position.
  private var ranks: [Int: (judgements: Double, sums: [Double])] = [:]
  // Judgements with one first and one longest (shortest) answer: in how many it is the same one.
  private var longest = (first: 0, of: 0)
  private var shortest = (first: 0, of: 0)

  mutating func add(_ entry: PlacedPrompt.Entry, _ answers: [JudgedPrompt.Answer]) {
    addRanks(entry)
    let first = answers.indices.filter { entry.places[$0] == 0 }
    guard first.count == 1 else { return }
    let lengths = answers.map(\.bytes)
    if let most = lengths.max(), lengths.count(where: { $0 == most }) == 1 {
      longest.of += 1
      if lengths[first[0]] == most { longest.first += 1 }
    }
    if let least = lengths.min(), lengths.count(where: { $0 == least }) == 1 {
      shortest.of += 1
      if lengths[first[0]] == least { shortest.first += 1 }
    }
  }

  private mutating func addRanks(_ entry: PlacedPrompt.Entry) {
    let count = entry.places.count
    var sums = ranks[count]?.sums ?? [Double](repeating: 0, count: count)
    for (rank, position) in zip(entry.doubledRanks, entry.positions) {
      guard let rank, let position, position < count else { return }
      sums[position] += Double(rank) / 2
    }
    ranks[count] = ((ranks[count]?.judgements ?? 0) + 1, sums)
  }

  static func += (sum: inout Self, other: Self) {
    sum.longest = (sum.longest.first + other.longest.first, sum.longest.of + other.longest.of)
    sum.shortest = (sum.shortest.first + other.shortest.first, sum.shortest.of + other.shortest.of)
  }

  /// Friedman's test (1937) that positions have equal mean ranks, with Kendall's W as effect size.
  ///
  /// Answers are shown in random order, so a labeller who reads them does not favour a position.
  var followsPosition: Bool {
    var statistic = 0.0
    var freedom = 0.0
    var most = 0.0
    for (count, found) in ranks where count >= 2 {
      let answers = Double(count)
      let mean = found.judgements * (answers + 1) / 2
      let squares = found.sums.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      statistic += 12 * squares / (found.judgements * answers * (answers + 1))
      freedom += answers - 1
      most += found.judgements * (answers - 1)
    }
    let judgements = ranks.values.reduce(0) { $0 + $1.judgements }
    guard judgements >= Double(SpamCheck.fewestJudgements), most > 0 else { return false }
    // Wilson and Hilferty (1931): the cube root of χ² is nearly normal.
    let spread = 2 / (9 * freedom)
    let deviation = (cbrt(statistic / freedom) - (1 - spread)) / spread.squareRoot()
    return deviation > 4 && statistic / most > 0.2
  }

  /// Returns whether the longest (or shortest) answer is nearly always first, unlike with others.
  func followsLength(unlike others: HabitTally) -> Bool {
    Self.stands(longest, out: others.longest) || Self.stands(shortest, out: others.shortest)
  }

  private static func stands(
    _ own: (first: Int, of: Int), out all: (first: Int, of: Int)
  ) -> Bool {
    guard own.of >= SpamCheck.fewestJudgements, Double(own.first) >= 0.9 * Double(own.of) else {
      return false
    }
    // Half a success and half a failure keep the share off 0 and 1.
    let others = (Double(all.first - own.first) + 0.5) / (Double(all.of - own.of) + 1)
    return binomialTail(own.first, of: own.of, chance: others) < 0.001
  }

  // P(X >= successes).
  private static func binomialTail(_ successes: Int, of count: Int, chance: Double) -> Double {
    var tail = 0.0
    for hits in successes...count {
      let ways =
        lgamma(Double(count) + 1) - lgamma(Double(hits) + 1) - lgamma(Double(count - hits) + 1)
      let odds = Double(hits) * log(chance) + Double(count - hits) * log(1 - chance)
      tail += exp(ways + odds)
    }
    return tail
  }
}
