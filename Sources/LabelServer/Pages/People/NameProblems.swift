import Labelling

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

/// What an API token may be called.
enum TokenName {
  static func isGood(_ name: String) -> Bool {
    (1...80).contains(name.count) && name.utf8.count <= 400 && PlainText.isPlain(name)
  }
}
