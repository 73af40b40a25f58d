import Foundation
import PreferenceData

/// Rows of a CSV or TSV suite, of which some columns are needed.
enum SuiteTable {
  /// - Parameter columns: The columns that must be there; what is missing is named.
  static func rows(_ path: String, columns: [String]) throws -> [[String: String]] {
    let table: TableFile
    do {
      table = try TableFile(path: path)
    } catch PreferenceDataError.badLine(let error) {
      throw AlignmentError.badData(file: path, problem: "line \(error.line): \(error.message)")
    }
    let missing = columns.filter { !table.columns.contains($0) }
    guard missing.isEmpty else {
      throw AlignmentError.badData(
        file: path, problem: "has not the columns \(missing.joined(separator: ", ")).")
    }
    return table.rows.map { ($0.row.objectValue ?? [:]).compactMapValues(\.stringValue) }
  }
}
