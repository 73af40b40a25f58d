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

  public init(
    model: String, metrics: [String: JSONValue], seconds: Double, peakBytes: Int, precision: String
  ) {
    self.model = model
    self.metrics = metrics
    self.seconds = seconds
    self.peakBytes = peakBytes
    self.precision = precision
  }

  /// Reads a `report.json` back.
  init?(json: JSONValue) {
    guard let model = json["model"]?.stringValue, let metrics = json["metrics"]?.objectValue,
      let seconds = json["seconds"]?.doubleValue, let peakBytes = json["peakBytes"]?.intValue,
      let precision = json["precision"]?.stringValue
    else { return nil }
    self.init(
      model: model, metrics: metrics, seconds: seconds, peakBytes: peakBytes, precision: precision)
    tokensPerSecond = json["tokensPerSecond"]?.doubleValue
  }

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
