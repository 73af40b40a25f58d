import Foundation
import PreferenceData

/// The rows of a CSV file with a header (RFC 4180) as objects, one member a column.
enum CSVRows {
  static func read(path: String) throws -> [JSONValue] {
    let records = records(of: try TextBlocks.text(path))
    guard let columns = records.first else {
      throw AlignmentError.badData(file: path, problem: "is empty.")
    }
    return try records.dropFirst().enumerated().map { index, fields in
      guard fields.count == columns.count else {
        throw AlignmentError.badData(
          file: path,
          problem:
            "row \(index + 1): \(fields.count) fields, where the header has \(columns.count).")
      }
      return .object(
        Dictionary(zip(columns, fields.map(JSONValue.string))) { first, _ in first })
    }
  }

  private static func records(of text: String) -> [[String]] {
    var records: [[String]] = []
    var fields: [String] = []
    var field = ""
    var isQuoted = false
    var afterQuote = false
    func endField() {
      fields.append(field)
      (field, afterQuote) = ("", false)
    }
    // As scalars, since Swift takes CR LF as one character.
    for scalar in text.unicodeScalars where scalar != "\u{FEFF}" {
      switch scalar {
      case "\"" where isQuoted: (isQuoted, afterQuote) = (false, true)
      case "\"" where afterQuote:
        field.unicodeScalars.append(scalar)
        (isQuoted, afterQuote) = (true, false)
      case "\"" where field.isEmpty: isQuoted = true
      case "," where !isQuoted: endField()
      case "\r" where !isQuoted: continue
      case "\n" where !isQuoted:
        endField()
        if fields != [""] { records.append(fields) }
        fields = []
      default: field.unicodeScalars.append(scalar)
      }
    }
    endField()
    if fields != [""] { records.append(fields) }
    return records
  }
}
