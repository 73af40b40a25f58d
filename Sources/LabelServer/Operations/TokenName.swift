import Labelling

/// What an API token may be called.
enum TokenName {
  static func isGood(_ name: String) -> Bool {
    (1...80).contains(name.count) && name.utf8.count <= 400 && PlainText.isPlain(name)
  }
}
