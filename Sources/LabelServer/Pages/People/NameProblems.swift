import Labelling
import Rendering

extension PersonName.Problem {
  /// What is wrong with a name, in the visitor's words.
  func message(in strings: Translations) -> String {
    switch self {
    case .length: strings("people", "nameNeeded")
    case .hidden: strings("people", "nameHidden")
    case .mixedScripts: strings("people", "nameMixed")
    }
  }
}
