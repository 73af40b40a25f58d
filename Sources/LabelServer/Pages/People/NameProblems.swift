import Labelling
import Rendering

extension PersonName.Problem {
  /// Returns the problem of a name in the visitor's language.
  func message(in strings: Translations) -> String {
    switch self {
    case .length: strings("people", "nameNeeded")
    case .hidden: strings("people", "nameHidden")
    case .mixedScripts: strings("people", "nameMixed")
    }
  }
}
