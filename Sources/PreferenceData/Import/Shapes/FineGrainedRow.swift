extension ImportedRow {
  /// Reads a row of FineGrainedRLHF: the question with its passages, four predictions, and a
  /// preference for each of their six pairs.
  static func fineGrained(
    _ row: [String: JSONValue], _ cache: inout RowKeyCache
  ) throws(LineProblem) -> ImportedRow {
    var imported = try ForeignRowReader.read(row, cache.keys(of: row))
    let passages = (row["passages"]?.arrayValue ?? []).compactMap { passage -> String? in
      guard let parts = passage.arrayValue?.compactMap(\.stringValue), let title = parts.first
      else {
        return nil
      }
      return title + "\n" + parts.dropFirst().joined(separator: " ")
    }
    guard !passages.isEmpty, passages.count == row["passages"]?.arrayValue?.count,
      let last = imported.messages.indices.last
    else { return imported }
    let question = imported.messages[last].content
    imported.messages[last].content = ([question] + passages).joined(separator: "\n\n")
    imported.metadata["passages"] = nil
    return imported
  }
}
