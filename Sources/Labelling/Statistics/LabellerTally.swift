import Foundation
import Foundations

/// The sums over one labeller's judgements.
struct LabellerTally: Sendable {
  /// The agreement of one judgement with the other judgements of the same prompt.
  struct Moment: Sendable {
    let at: Int64
    let alike: Float
    let pairs: Float
  }

  var judgements = 0
  var agreement = ClusteredShare()
  var tau = MeanTally()
  var gold = ClusteredShare()
  var position = ClusteredShare()
  var length = ClusteredShare()
  var speed = SpeedTally()
  var habits = HabitTally()
  var moments: [Moment] = []

  mutating func add(_ entry: PlacedPrompt.Entry, of prompt: PlacedPrompt) {
    judgements += 1
    let bias = entry.bias(prompt.answers)
    position.add(bias.earlier, of: bias.positioned)
    length.add(bias.longer, of: bias.measured)
    speed.add(entry.judgement.activeSeconds, bytes: prompt.answers.reduce(0) { $0 + $1.bytes })
    habits.add(entry, prompt.answers)
    compare(entry, prompt)
  }

  private mutating func compare(_ entry: PlacedPrompt.Entry, _ prompt: PlacedPrompt) {
    var alike = 0.0
    var pairs = 0.0
    for other in prompt.entries where other.labeller != entry.labeller {
      let found = entry.agreement(with: other.places)
      alike += found.alike
      pairs += found.pairs
      if let value = KendallTau.b(entry, other) { tau.add(value) }
    }
    guard pairs > 0 else { return }
    agreement.add(alike, of: pairs)
    moments.append(Moment(at: entry.madeAt, alike: Float(alike), pairs: Float(pairs)))
  }

  // A tie counts as disagreement if the gold ranking has an order.
  mutating func addGold(_ entry: PlacedPrompt.Entry, of prompt: PlacedPrompt) {
    guard let known = prompt.gold else { return }
    var right = 0.0
    var total = 0.0
    for first in known.indices {
      for second in known.indices.dropFirst(first + 1) {
        guard let left = known[first], let other = known[second], left != other else { continue }
        total += 1
        if entry.order(first, second) == (left < other ? 1 : -1) { right += 1 }
      }
    }
    gold.add(right, of: total)
  }
}

extension PlacedPrompt.Entry {
  /// Returns the number of pairs that both rankings order, and of those that both order alike.
  func agreement(with other: [Int?]) -> (alike: Double, pairs: Double) {
    var alike = 0.0
    var pairs = 0.0
    for first in places.indices {
      for second in places.indices.dropFirst(first + 1) {
        guard let own = order(first, second), own != 0, let left = other[first],
          let right = other[second], left != right
        else { continue }
        pairs += 1
        if (left < right) == (own > 0) { alike += 1 }
      }
    }
    return (alike, pairs)
  }

  struct Bias {
    /// Ordered pairs with known positions, and those that the earlier answer won.
    var positioned = 0.0
    var earlier = 0.0
    /// Ordered pairs of different lengths, and those that the longer answer won.
    var measured = 0.0
    var longer = 0.0
  }

  func bias(_ answers: [JudgedPrompt.Answer]) -> Bias {
    var bias = Bias()
    for first in answers.indices {
      for second in answers.indices.dropFirst(first + 1) {
        guard let order = order(first, second), order != 0 else { continue }
        if let left = positions[first], let right = positions[second] {
          bias.positioned += 1
          if (left < right) == (order > 0) { bias.earlier += 1 }
        }
        guard answers[first].bytes != answers[second].bytes else { continue }
        bias.measured += 1
        if (answers[first].bytes > answers[second].bytes) == (order > 0) { bias.longer += 1 }
      }
    }
    return bias
  }
}

/// The sums for a mean with its normal interval.
struct MeanTally: Sendable, Hashable {
  private var sum = 0.0
  private var squares = 0.0
  private var count = 0

  mutating func add(_ value: Double) {
    sum += value
    squares += value * value
    count += 1
  }

  var estimate: Estimate? {
    guard count > 0 else { return nil }
    let mean = sum / Double(count)
    let variance = max(0, squares / Double(count) - mean * mean) / Double(max(1, count - 1))
    let reach = Estimate.z * variance.squareRoot()
    return Estimate(value: mean, low: mean - reach, high: mean + reach, count: count)
  }
}

/// The sums for the speed of judgements.
struct SpeedTally: Sendable, Hashable {
  /// A limit three to four times as fast as reading. 100 bytes are about 17 English words or 33
  /// Chinese characters. Brysbaert (2019) reports 238 words per minute, and 600 for skimming.
  static let fastestBytesPerSecond = 100.0
  /// The least time to look, decide and press a key, for a text of any length.
  static let leastSeconds = 1.0

  private var seconds: [Float] = []
  private var hurried = 0

  mutating func add(_ active: Double?, bytes: Int) {
    guard let active else { return }
    seconds.append(Float(active))
    if active < max(Self.leastSeconds, Double(bytes) / Self.fastestBytesPerSecond) { hurried += 1 }
  }

  static func += (sum: inout Self, other: Self) {
    sum.seconds += other.seconds
    sum.hurried += other.hurried
  }

  var check: SpeedCheck {
    var check = SpeedCheck()
    check.hurried = Estimate.share(hurried, of: seconds.count)
    guard !seconds.isEmpty else { return check }
    let sorted = seconds.sorted()
    let middle = sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]
    check.medianSeconds = Double(middle) / 2
    return check
  }
}
