import Foundation

/// A CSV or TSV file with a header, small enough to be held whole.
public struct TableFile: Sendable {
  /// Rows as objects, one member a column, with the lines they begin on.
  public let rows: [(line: Int, row: JSONValue)]
  public let columns: [String]

  /// Reads all rows; throws `PreferenceDataError.unreadable` or `otherKind`, or `badLine` for the first
  /// bad one. The encoding and the delimiter are found as for an import.
  public init(path: String) throws {
    let format = try FileFormat(path: path, name: path, isTable: true)
    guard case .csv(let dialect) = format.container else {
      throw PreferenceDataError.otherKind(
        path: path, reason: "it is not a table. Save it as CSV (UTF-8)")
    }
    var parser = CSVParser(dialect)
    var found: [(line: Int, row: JSONValue)] = []
    func take(_ row: RowCutter.Row) throws {
      switch row.value {
      case .success(let value): found.append((row.line, value))
      case .failure(let problem):
        throw PreferenceDataError.badLine(LineError(line: row.line, problem: problem))
      }
    }
    var text = try FileText(path: path, format)
    while let chunk = try text.next() { try parser.feed(chunk, take) }
    try parser.finish(take)
    rows = found
    columns = parser.columns ?? []
  }
}
