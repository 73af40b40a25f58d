import Foundation
import PreferenceData

/// One progress line of the engine: which step of how many, and the numbers measured at it.
package struct EngineProgress: Sendable, Equatable {
  package let stage: String?
  package let step: Int
  package let total: Int
  package let values: [String: Double]
}

/// One line of the engine's standard output: progress first, the summary last.
enum EngineLine: Equatable {
  case progress(EngineProgress)
  case summary(JSONValue)

  /// Nil when the line is not a JSON object.
  init?(_ line: String) {
    guard let json = try? JSONValue(parsing: line), let object = json.objectValue else {
      return nil
    }
    func count(_ key: String) -> Int? {
      json[key]?.intValue.map { min(max($0, 0), 1_000_000_000) }
    }
    guard let step = count("step") else {
      self = .summary(json)
      return
    }
    let values = object.filter { $0.key != "step" && $0.key != "of" }
      .compactMapValues(\.doubleValue)
    self = .progress(
      EngineProgress(
        stage: json["stage"]?.stringValue, step: step, total: count("of") ?? step,
        values: values))
  }
}
