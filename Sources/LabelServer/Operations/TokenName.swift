import Labelling

/// The rule for names of API tokens.
enum TokenName {
  static func isGood(_ name: String) -> Bool {
    (1...80).contains(name.count) && name.utf8.count <= 400 && PlainText.isPlain(name)
  }
}
