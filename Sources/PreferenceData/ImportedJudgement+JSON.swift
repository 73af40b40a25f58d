import Foundations

extension ImportedJudgement {
  /// The judgement as metadata keep it; positions are counted from 1 there, as in a known ranking.
  public var json: JSONValue {
    var members: [String: JSONValue] = [
      "ranking": .array(
        ranking.map { group in .array(group.map { .integer($0.addingReportingOverflow(1).0) }) })
    ]
    members["judge"] = judge.map { .string($0) }
    if isBothBad { members["both_bad"] = true }
    members["rationale"] = rationale.map { .string($0) }
    if !details.isEmpty { members["details"] = .object(details) }
    return .object(members)
  }

  /// Reads a judgement as `json` writes it. Leaves out what has another type.
  public init(json: JSONValue) {
    self.init(
      judge: json["judge"]?.stringValue,
      ranking: (json["ranking"]?.arrayValue ?? []).map { group in
        (group.arrayValue ?? []).compactMap { $0.intValue?.subtractingReportingOverflow(1).0 }
      },
      isBothBad: json["both_bad"]?.boolValue ?? false,
      rationale: json["rationale"]?.stringValue,
      details: json["details"]?.objectValue ?? [:])
  }
}

extension PromptRecord {
  /// The metadata with the judgements of the row, which stay there whatever else becomes of them.
  ///
  /// Readers of files put them into `preference` or `preferences` themselves.
  public var metadataWithJudgements: [String: JSONValue] {
    if judgements.isEmpty || metadata["preference"] != nil || metadata["preferences"] != nil {
      return metadata
    }
    var metadata = metadata
    var key = "judgements"
    while metadata[key] != nil { key = "file_\(key)" }
    metadata[key] = .array(judgements.map(\.json))
    return metadata
  }
}
