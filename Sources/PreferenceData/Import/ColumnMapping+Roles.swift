extension ColumnMapping {
  /// The meaning of one column.
  public enum Role: String, Sendable, Hashable, CaseIterable {
    case metadata, prompt, response, chosen, rejected, system, id, source, preference, judge
  }

  /// Returns the meaning of a column.
  public func role(of column: String) -> Role {
    if prompt.contains(column) { return .prompt }
    if responses.contains(column) { return .response }
    if sources.contains(column) { return .source }
    let single: [(String?, Role)] = [
      (system, .system), (id, .id), (chosen, .chosen), (rejected, .rejected),
      (preference, .preference), (judge, .judge),
    ]
    return single.first { $0.0 == column }?.1 ?? .metadata
  }

  /// Sets the meaning of a column. Columns of one meaning keep the order of the calls.
  public mutating func give(_ column: String, _ role: Role) {
    switch role {
    case .metadata: break
    case .prompt: prompt.append(column)
    case .response: responses.append(column)
    case .source: sources.append(column)
    case .system: system = column
    case .id: id = column
    case .chosen: chosen = column
    case .rejected: rejected = column
    case .preference: preference = column
    case .judge: judge = column
    }
  }
}
