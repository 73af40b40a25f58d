import Foundation

/// Writes metrics in Prometheus' text format.
package struct PrometheusText {
  package enum Kind: String {
    case counter, gauge, histogram
  }

  package private(set) var text = ""

  package init() {}

  /// Starts a metric; its samples follow.
  package mutating func metric(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  package mutating func sample(_ name: String, labels: [(String, String)] = [], _ value: Double) {
    let written = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
    let number =
      value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    text += name + (labels.isEmpty ? "" : "{\(written)}") + " \(number)\n"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
