import Foundation
import PreferenceData

/// The judgements of a `rankings` file.
public struct PreferenceDataset: Sendable {
  public let path: String
  public let records: [PreferenceRecord]

  /// Reads every line; a bad one is an error that names it.
  public init(path: String) throws {
    self.path = path
    do {
      records = try JSONLinesReader(path: path, of: PreferenceRecord.self).records()
    } catch PreferenceDataError.badLine(let error) {
      throw AlignmentError.badData(file: path, problem: "line \(error.line): \(error.message)")
    }
  }
}
