import Foundation
import Foundations

/// Ranks as a labeller whose preference is known, and who errs as the Bradley–Terry model says.
public struct SimulatedLabeller: Sendable {
  /// Holds an answer as it was shown, with how good it truly is.
  public struct Answer: Sendable {
    public var key: String
    public var score: Double
    /// Its length in bytes of UTF-8.
    public var bytes: Int

    public init(key: String, score: Double, bytes: Int) {
      self.key = key
      self.score = score
      self.bytes = bytes
    }
  }

  /// Says how a labeller works who does not read.
  public enum Spam: String, Sendable, Hashable, CaseIterable, Codable {
    /// Ranks by dice.
    case random
    /// Puts the first answer of the page first, and the others by dice.
    case first
    /// Ranks by length.
    case longest
    /// Gives the same order of the page every time.
    case constant
  }

  /// Says how a labeller differs from one who always tells what is better.
  public struct Habits: Sendable, Hashable, Codable {
    /// The scale of the error in units of the preference; 0 never errs.
    public var noise = 0.0
    /// What the first place on the page is worth over the last, in units of the preference.
    public var positionBias = 0.0
    /// What the longest answer is worth over the shortest, in units of the preference.
    public var lengthBias = 0.0
    /// How fast this labeller reads; some 25 for a usual reader of English.
    public var bytesPerSecond = 25.0
    public var spam: Spam?

    public init() {}
  }

  public let habits: Habits
  private var random: RandomStream
  // A constant labeller draws from its beginning each time.
  private let constant: RandomStream

  public init(_ habits: Habits, random: RandomStream) {
    self.habits = habits
    self.random = random
    constant = random.substream(0)
  }

  /// Ranks answers in the order in which they were shown, best first; equal ones share a place.
  ///
  /// Gumbel noise on the scores makes every pair's odds Bradley–Terry's:
  /// P(a over b) = σ((a − b) / noise) (Yellott, 1977).
  public mutating func ranking(of answers: [Answer]) -> [[String]] {
    if let spam = habits.spam { return spamRanking(spam, answers) }
    let groups = Dictionary(grouping: answers.indices) { worth($0, in: answers) }
    let perturbed = groups.sorted { $0.key < $1.key }.map { worth, members in
      (worth: worth + habits.noise * gumbel(), keys: members.map { answers[$0].key }.sorted())
    }
    return perturbed.sorted { $0.worth > $1.worth }.map(\.keys)
  }

  private func worth(_ index: Int, in answers: [Answer]) -> Double {
    let lengths = answers.map(\.bytes)
    var worth = answers[index].score
    if habits.positionBias != 0, answers.count > 1 {
      worth += habits.positionBias * (1 - Double(index) / Double(answers.count - 1))
    }
    if habits.lengthBias != 0, let least = lengths.min(), let most = lengths.max(), most > least {
      worth += habits.lengthBias * Double(lengths[index] - least) / Double(most - least)
    }
    return worth
  }

  private mutating func spamRanking(_ spam: Spam, _ answers: [Answer]) -> [[String]] {
    var keys = answers.map(\.key)
    switch spam {
    case .random:
      keys = random.shuffled(keys)
    case .first:
      keys = keys.prefix(1) + random.shuffled(Array(keys.dropFirst()))
    case .longest:
      keys = answers.enumerated().sorted {
        ($1.element.bytes, $0.offset) < ($0.element.bytes, $1.offset)
      }.map(\.element.key)
    case .constant:
      var order = constant
      keys = order.shuffled(keys)
    }
    return keys.map { [$0] }
  }

  private mutating func gumbel() -> Double {
    -log(-log(random.openUniform()))
  }

  /// Returns how long this labeller takes to read the answers and rank them.
  public mutating func seconds(for answers: [Answer]) -> Double {
    let bytes = Double(answers.reduce(0) { $0 + $1.bytes })
    // Times to decide are skewed to the right; spread over a factor of two or so.
    let spread = exp(0.35 * (gumbel() - 0.577))
    return ((3 + bytes / habits.bytesPerSecond) * spread * 10).rounded() / 10
  }
}
