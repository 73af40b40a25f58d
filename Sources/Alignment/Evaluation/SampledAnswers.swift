import Foundation
import PreferenceData

/// One line of what “sample” writes: a prompt with its answers.
package struct SampledAnswers: Sendable {
  /// The line without its answers: two files are matched by it.
  package var key: String
  /// The input line, with its prompt.
  package var line: JSONValue
  package var answers: [String]

  /// Reads a file; throws `badData`, with the line, where there is no answer.
  package static func read(_ path: String) throws -> [SampledAnswers] {
    try JSONLinesReader<JSONValue>(path: path).records().enumerated().map { index, line in
      let answers = (line["responses"]?.arrayValue ?? []).compactMap { $0["text"]?.stringValue }
      guard !answers.isEmpty else {
        throw AlignmentError.badData(
          file: path,
          problem: "line \(index + 1): has no “responses” with texts; make them with “sample”.")
      }
      var members = line.objectValue ?? [:]
      members["responses"] = nil
      return SampledAnswers(
        key: CanonicalJSON.text(.object(members)), line: line, answers: answers)
    }
  }
}
