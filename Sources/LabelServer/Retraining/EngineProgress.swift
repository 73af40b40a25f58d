import Foundation
import PreferenceData

/// One progress line of the engine: which step of how many, and the numbers measured at it.
package struct EngineProgress: Sendable, Equatable {
  package let stage: String?
  package let step: Int
  package let total: Int
  package let values: [String: Double]
}

/// One line of the engine's standard output: progress on the way, the summary last.
enum EngineLine: Equatable {
  case progress(EngineProgress)
  case summary(JSONValue)

  /// Nil when the line is not a JSON object.
  init?(_ line: String) {
    guard let json = try? JSONDecoder().decode(JSONValue.self, from: Data(line.utf8)),
      let object = json.objectValue
    else { return nil }
    guard let step = json["step"]?.intValue else {
      self = .summary(json)
      return
    }
    let values = object.filter { $0.key != "step" && $0.key != "of" }
      .compactMapValues(\.doubleValue)
    self = .progress(
      EngineProgress(
        stage: json["stage"]?.stringValue, step: step, total: json["of"]?.intValue ?? step,
        values: values))
  }
}
