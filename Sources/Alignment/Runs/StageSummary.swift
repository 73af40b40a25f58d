import PreferenceData

/// What a stage has made: printed last, and kept in `report.json`.
public struct StageSummary: Sendable {
  public var model: String
  public var metrics: [String: JSONValue]
  public var seconds: Double
  public var peakBytes: Int
  public var precision: String
  /// Of training, where a stage tells it.
  public var tokensPerSecond: Double?

  public var json: JSONValue {
    var members: [String: JSONValue] = [
      "model": .string(model), "metrics": .object(metrics), "seconds": .number(seconds),
      "peakBytes": .integer(peakBytes), "precision": .string(precision),
    ]
    if let tokensPerSecond { members["tokensPerSecond"] = .number(tokensPerSecond) }
    return .object(members)
  }
}

extension Estimate {
  /// `{name, nameLow, nameHigh}` for a flat summary.
  func flat(_ name: String) -> [String: JSONValue] {
    [name: .number(value), name + "Low": .number(low), name + "High": .number(high)]
  }
}
