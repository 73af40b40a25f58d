/// The result of one training stage: `report.json`, and without `lineage` the last line that the
/// engine prints with `--json`.
public struct StageReport: Sendable, Equatable {
  /// The path of the model folder that the stage wrote.
  public var model: String
  /// Measured results by name; some are objects or lists.
  public var metrics: [String: JSONValue]
  public var seconds: Double
  /// The most memory that the process used.
  public var peakBytes: Int
  /// The arithmetic of the run, such as `F32`; empty if unknown.
  public var precision: String
  /// Tokens trained on per second, from stages that measure it.
  public var tokensPerSecond: Double?
  /// The inputs of the stage; only in `report.json`.
  public var lineage: StageLineage?

  public init(
    model: String, metrics: [String: JSONValue], seconds: Double, peakBytes: Int, precision: String
  ) {
    self.model = model
    self.metrics = metrics
    self.seconds = seconds
    self.peakBytes = peakBytes
    self.precision = precision
  }

  /// Reads a report. Returns nil if `model`, `metrics`, `seconds` or `peakBytes` is missing.
  public init?(json: JSONValue) {
    guard let model = json[Key.model]?.stringValue, let metrics = json[Key.metrics]?.objectValue,
      let seconds = json[Key.seconds]?.doubleValue, let peakBytes = json[Key.peakBytes]?.intValue
    else { return nil }
    self.init(
      model: model, metrics: metrics, seconds: seconds, peakBytes: peakBytes,
      precision: json[Key.precision]?.stringValue ?? "")
    tokensPerSecond = json[Key.tokensPerSecond]?.doubleValue
    lineage = json[Key.lineage].flatMap(StageLineage.init(json:))
  }

  public var json: JSONValue {
    var members: [String: JSONValue] = [
      Key.model: .string(model), Key.metrics: .object(metrics), Key.seconds: .number(seconds),
      Key.peakBytes: .integer(peakBytes),
    ]
    if !precision.isEmpty { members[Key.precision] = .string(precision) }
    members[Key.tokensPerSecond] = tokensPerSecond.map(JSONValue.number)
    members[Key.lineage] = lineage?.json
    return .object(members)
  }

  private enum Key {
    static let model = "model"
    static let metrics = "metrics"
    static let seconds = "seconds"
    static let peakBytes = "peakBytes"
    static let precision = "precision"
    static let tokensPerSecond = "tokensPerSecond"
    static let lineage = "lineage"
  }
}

extension StageReport: Codable {
  public init(from decoder: any Decoder) throws {
    guard let report = Self(json: try JSONValue(from: decoder)) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "a stage report was expected"))
    }
    self = report
  }

  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}
