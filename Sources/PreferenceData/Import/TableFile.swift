import Foundation

/// A CSV or TSV file with a header, small enough to be held whole.
public struct TableFile: Sendable {
  /// Rows as objects, one member a column, with the lines they begin on.
  public let rows: [(line: Int, row: JSONValue)]
  public let columns: [String]

  /// Reads all rows; throws `PreferenceDataError.unreadable`, or `badLine` for the first bad one.
  ///
  /// The delimiter is the tab for .tsv and .tab, else the most frequent one in the header.
  public init(path: String) throws {
    let bytes = [UInt8](try FileHandle(opening: path).readToEnd() ?? Data())
    let ending = URL(filePath: path).pathExtension.lowercased()
    var parser = CSVParser(
      delimiter: CSVParser.delimiter(
        in: Array(bytes.prefix(64 * 1024)), preferTab: ending == "tsv" || ending == "tab"))
    var found: [(line: Int, row: JSONValue)] = []
    func take(_ row: RowCutter.Row) throws {
      switch row.value {
      case .success(let value): found.append((row.line, value))
      case .failure(let problem):
        throw PreferenceDataError.badLine(LineError(line: row.line, problem: problem))
      }
    }
    try parser.feed(bytes, take)
    try parser.finish(take)
    rows = found
    columns = parser.columns ?? []
  }
}
