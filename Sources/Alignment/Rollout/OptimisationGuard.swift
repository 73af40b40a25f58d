import PreferenceData

/// Settings of the guard against over-optimisation: a policy that leaves these bands has begun to
/// learn what the reward model gets wrong (Gao et al. 2022).
public struct GuardOptions: SettingsSection {
  public enum Action: String, Sendable, Codable, CaseIterable {
    /// Ends the run at the round that left a band.
    case stop
    /// Halves the learning rate at each round outside, and goes on.
    case lower
    /// Writes down what it saw, and goes on.
    case watch
  }

  public var guardAction = Action.stop
  /// Nats an answer from the reference; 0 sets no bound.
  public var klLimit = 50.0
  /// Times the mean length of the first round's answers, and its inverse; 0 sets no bound.
  public var lengthBand = 0.0
  /// Times the first round's disagreement of an ensemble; 0 sets no bound.
  public var disagreementBand = 3.0
  /// Rounds between measurements on held-out prompts; the best one inside the bands is kept. 0
  /// measures none, and keeps the last round's policy.
  public var keepBestEvery = 0
  public init() {}

  public func check(in settings: Settings) throws {
    try require("klLimit", klLimit, klLimit >= 0, "0 or more")
    for (key, band) in [("lengthBand", lengthBand), ("disagreementBand", disagreementBand)] {
      try require(key, band, band == 0 || band > 1, "0, or above 1")
    }
    try require("keepBestEvery", keepBestEvery, in: 0...SettingLimit.step)
    if guardAction != .watch, klLimit == 0, lengthBand == 0, disagreementBand == 0 {
      try settings.refuse(
        "guardAction", because: "without klLimit, lengthBand or disagreementBand: no bound is set")
    }
  }
}

/// Watches a run round by round.
package struct OptimisationGuard {
  package struct Breach {
    package var round: Int
    package var reason: String
  }

  private let options: GuardOptions
  private var firstLength: Double?
  private var firstDisagreement: Double?
  package private(set) var firstBreach: Breach?

  package init(_ options: GuardOptions) { self.options = options }

  /// Why `round` (1, 2, …) has left a band; nil inside.
  ///
  /// The numbers are those of the answers that the round was sampled with, so that a policy's
  /// distance is known one round late and never after the run.
  package mutating func breach(
    round: Int, kl: Double, length: Double, disagreement: Double
  ) -> String? {
    let baseLength = firstLength ?? length
    let baseDisagreement = firstDisagreement ?? disagreement
    (firstLength, firstDisagreement) = (baseLength, baseDisagreement)
    let reason: String? =
      if options.klLimit > 0, kl > options.klLimit {
        "KL is \(Self.text(kl)) nats an answer, above klLimit=\(Self.text(options.klLimit))"
      } else if options.lengthBand > 0, length > baseLength * options.lengthBand {
        "answers are \(Self.text(length)) tokens long, and were \(Self.text(baseLength))"
      } else if options.lengthBand > 0, length * options.lengthBand < baseLength {
        "answers are only \(Self.text(length)) tokens long, and were \(Self.text(baseLength))"
      } else if options.disagreementBand > 0, baseDisagreement > 0,
        disagreement > baseDisagreement * options.disagreementBand
      {
        """
        the reward models disagree by \(Self.text(disagreement)), and did by \
        \(Self.text(baseDisagreement))
        """
      } else {
        nil
      }
    if let reason, firstBreach == nil { firstBreach = Breach(round: round, reason: reason) }
    return reason
  }

  private static func text(_ number: Double) -> String {
    String((number * 100).rounded() / 100)
  }

  package var state: JSONValue {
    var state: [String: JSONValue] = [:]
    state["length"] = firstLength.map(JSONValue.number)
    state["disagreement"] = firstDisagreement.map(JSONValue.number)
    if let firstBreach {
      state["breach"] = [
        "round": .integer(firstBreach.round), "reason": .string(firstBreach.reason),
      ]
    }
    return .object(state)
  }

  package mutating func restore(_ state: JSONValue?) {
    firstLength = state?["length"]?.doubleValue
    firstDisagreement = state?["disagreement"]?.doubleValue
    guard let round = state?["breach"]?["round"]?.intValue,
      let reason = state?["breach"]?["reason"]?.stringValue
    else { return }
    firstBreach = Breach(round: round, reason: reason)
  }
}
