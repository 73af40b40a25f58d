import PreferenceData

/// Settings of the guard against over-optimisation. A policy beyond these limits has probably begun
/// to exploit errors of the reward model (Gao et al. 2022).
public struct GuardOptions: SettingsSection {
  public enum Action: String, Sendable, Codable, CaseIterable {
    /// Ends the run at the first round beyond a limit.
    case stop
    /// Halves the learning rate at each round beyond a limit, and continues.
    case lower
    /// Records the breach, and continues.
    case watch
  }

  /// The reaction to a round beyond a limit: stop, lower (halves the learning rate) or watch (records
  /// it).
  public var guardAction = Action.stop
  /// Largest KL from the reference, in nats per answer. 0 turns the limit off.
  public var klLimit = 50.0
  /// Largest change of the mean answer length, as a multiple of the first round's mean, and its
  /// inverse. 2 stops at twice or half the length. 0 turns the limit off.
  public var lengthBand = 0.0
  /// Largest disagreement of a reward-model ensemble, as a multiple of the first round's. 0 turns the
  /// limit off.
  public var disagreementBand = 3.0
  /// Rounds between measurements on held-out prompts, of which the best within the limits is kept. 0
  /// keeps the last round's policy without measuring.
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
        "guardAction", because: "without klLimit, lengthBand or disagreementBand: no limit is set")
    }
  }
}

/// Checks each round of a run against the limits.
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

  /// Returns the reason why `round` (1, 2, …) is beyond a limit, or nil.
  ///
  /// The numbers describe the answers that were sampled at the start of the round. A policy is
  /// therefore checked one round after the update that produced it, and the last one is not checked.
  ///
  /// - Parameters:
  ///   - kl: Nats per answer.
  ///   - length: Tokens per answer.
  package mutating func breach(
    round: Int, kl: Double, length: Double, disagreement: Double
  ) -> String? {
    let baseLength = firstLength ?? length
    let baseDisagreement = firstDisagreement ?? disagreement
    (firstLength, firstDisagreement) = (baseLength, baseDisagreement)
    let reason: String? =
      if options.klLimit > 0, kl > options.klLimit {
        "KL is \(Self.text(kl)) nats per answer, above klLimit=\(Self.text(options.klLimit))"
      } else if options.lengthBand > 0, length > baseLength * options.lengthBand {
        "answers have \(Self.text(length)) tokens, in the first round \(Self.text(baseLength))"
      } else if options.lengthBand > 0, length * options.lengthBand < baseLength {
        "answers have only \(Self.text(length)) tokens, in the first round \(Self.text(baseLength))"
      } else if options.disagreementBand > 0, baseDisagreement > 0,
        disagreement > baseDisagreement * options.disagreementBand
      {
        """
        the reward models disagree by \(Self.text(disagreement)), in the first round by \
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
