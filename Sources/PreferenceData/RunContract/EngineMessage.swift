/// One line of the engine's standard output with `--json`: progress, and at the end a summary.
public enum EngineMessage: Sendable, Equatable {
  case progress(StageProgress)
  /// The result of the command; a training stage prints a `StageReport`.
  case summary(JSONValue)

  /// Reads a line. Returns nil if it is not a JSON object.
  public init?(line: String) {
    guard let json = try? JSONValue(parsing: line), json.objectValue != nil else { return nil }
    self = StageProgress(json: json).map(Self.progress) ?? .summary(json)
  }

  /// The line, without its line feed.
  public var line: String {
    switch self {
    case .progress(let progress): CanonicalJSON.text(progress.json)
    case .summary(let json): CanonicalJSON.text(json)
    }
  }
}

/// One step of a stage and the numbers measured at it: a progress line on standard output and a
/// row of `metrics.jsonl`.
public struct StageProgress: Sendable, Equatable {
  /// The command, such as `reward`; nil from commands that are no stage of a run.
  public var stage: String?
  /// Steps done, 1 or more; rounds for a method that samples.
  public var step: Int
  /// Steps in all; nil in the engine's own `metrics.jsonl`.
  public var of: Int?
  /// The measured numbers by name. A number that is not finite is written as null.
  public var values: [String: Double]

  /// Steps in all, as far as known.
  public var total: Int { of ?? step }

  public init(stage: String?, step: Int, of: Int? = nil, values: [String: Double] = [:]) {
    self.stage = stage
    self.step = step
    self.of = of
    self.values = values
  }

  // Counts outside of this range come from no stage; arithmetic on them must not overflow.
  private static let counts = 0...1_000_000_000_000

  /// Reads a progress line or a row of `metrics.jsonl`. Returns nil if it names no step.
  public init?(json: JSONValue) {
    func count(_ key: String) -> Int? {
      json[key]?.intValue.map { min(max($0, Self.counts.lowerBound), Self.counts.upperBound) }
    }
    guard let members = json.objectValue, let step = count(Key.step) else { return nil }
    self.init(
      stage: json[Key.stage]?.stringValue, step: step, of: count(Key.of),
      values: members.filter { !Key.all.contains($0.key) }.compactMapValues(\.doubleValue))
  }

  public var json: JSONValue {
    var members = values.mapValues(JSONValue.number)
    members[Key.stage] = stage.map(JSONValue.string)
    members[Key.step] = .integer(step)
    members[Key.of] = of.map(JSONValue.integer)
    return .object(members)
  }

  private enum Key {
    static let stage = "stage"
    static let step = "step"
    static let of = "of"
    static let all: Set = [stage, step, of]
  }
}

extension StageProgress: Codable {
  public init(from decoder: any Decoder) throws {
    guard let progress = Self(json: try JSONValue(from: decoder)) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "a step was expected"))
    }
    self = progress
  }

  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}
