import Foundations
import PreferenceData

/// The weights that a trainer may give each labeller's judgements, as a file beside an export.
public struct LabellerWeights: Sendable {
  private let labellers: [LabellerQuality]

  public init(_ report: QualityReport) {
    labellers = report.labellers
  }

  /// One row per labeller. Reliability and weight are null if nobody else judged the same prompts.
  public var rows: [JSONValue] {
    labellers.map { labeller in
      func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
      return [
        "labeller": .string(labeller.labeller), "judgements": .integer(labeller.judgements),
        "reliability": number(labeller.reliability?.value),
        "low": number(labeller.reliability?.low), "high": number(labeller.reliability?.high),
        "weight": number(labeller.weight),
      ]
    }
  }

  /// Writes the lines; throws `FileError` and leaves nothing half-written.
  public func write(to path: String) throws {
    let file = try AtomicFile(path: path)
    for row in rows { try file.write(CanonicalJSON.line(row)) }
    try file.commit()
  }
}
