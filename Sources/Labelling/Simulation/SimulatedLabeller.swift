import Foundation
import Foundations

/// A labeller with a known preference, who errs according to the Bradley–Terry model.
public struct SimulatedLabeller: Sendable {
  /// An answer on the page, with its true quality.
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

  /// The behaviour of a labeller who does not read.
  public enum Spam: String, Sendable, Hashable, CaseIterable, Codable {
    /// Ranks at random.
    case random
    /// Puts the first answer on the page first and ranks the others at random.
    case first
    /// Ranks by length.
    case longest
    /// Ranks the places on the page in the same order every time.
    case constant
  }

  /// The differences between a labeller and one who always finds the better answer.
  public struct Habits: Sendable, Hashable, Codable {
    /// The scale of the error, in units of the preference. 0 makes no errors.
    public var noise = 0.0
    /// The advantage of the first place on the page over the last, in units of the preference.
    public var positionBias = 0.0
    /// The advantage of the longest answer over the shortest, in units of the preference.
    public var lengthBias = 0.0
    /// The labeller's reading speed. Typical for a reader of English: 25.
    public var bytesPerSecond = 25.0
    public var spam: Spam?

    public init() {}
  }

  public let habits: Habits
  private var random: RandomStream
  // A constant labeller starts this stream from its beginning each time.
  private let constant: RandomStream

  public init(_ habits: Habits, random: RandomStream) {
    self.habits = habits
    self.random = random
    constant = random.substream(0)
  }

  /// Returns the ranking of answers in shown order, best first. Equal answers share a place.
  ///
  /// With Gumbel noise on the scores, each pair follows the Bradley–Terry model:
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

  /// Returns the time in which this labeller reads and ranks the answers, in seconds.
  public mutating func seconds(for answers: [Answer]) -> Double {
    let bytes = Double(answers.reduce(0) { $0 + $1.bytes })
    // Decision times are skewed to the right and spread over a factor of about two.
    let spread = exp(0.35 * (gumbel() - 0.577))
    return ((3 + bytes / habits.bytesPerSecond) * spread * 10).rounded() / 10
  }
}
