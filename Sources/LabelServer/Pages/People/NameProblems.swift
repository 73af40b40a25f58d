import Labelling
import Rendering

extension PersonName.Problem {
  /// What is wrong with a name, in the visitor's words.
  func message(in words: Catalogue) -> String {
    switch self {
    case .length: words("people", "nameNeeded")
    case .hidden: words("people", "nameHidden")
    case .mixedScripts: words("people", "nameMixed")
    }
  }
}

/// What an API token may be called.
enum TokenName {
  static func isGood(_ name: String) -> Bool {
    (1...80).contains(name.count) && name.utf8.count <= 400 && PlainText.isPlain(name)
  }
}
