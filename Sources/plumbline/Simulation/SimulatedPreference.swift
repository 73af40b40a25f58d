import Foundation

/// The preference of a simulated labeller: a number that is higher for a better answer.
enum SimulatedPreference: Equatable, CustomStringConvertible {
  case longer
  case shorter
  /// More occurrences of a text, ignoring case.
  case count(String)

  static let help = "longer, shorter, or count:TEXT (more occurrences of TEXT)"

  init?(_ name: String) {
    switch name {
    case "longer": self = .longer
    case "shorter": self = .shorter
    default:
      guard name.hasPrefix("count:"), name.count > 6 else { return nil }
      self = .count(String(name.dropFirst(6)))
    }
  }

  var description: String {
    switch self {
    case .longer: "longer"
    case .shorter: "shorter"
    case .count(let text): "count:\(text)"
    }
  }

  func score(_ answer: String) -> Double {
    switch self {
    case .longer: Double(answer.count)
    case .shorter: -Double(answer.count)
    case .count(let text): Double(answer.lowercased().ranges(of: text.lowercased()).count)
    }
  }
}
