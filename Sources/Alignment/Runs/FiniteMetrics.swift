import PreferenceData

extension [String: JSONValue] {
  /// Throws `notFinite` if a loss, a reward or a KL among these numbers is not finite.
  func checkFinite() throws {
    for (key, value) in self {
      switch value {
      case .object(let members): try members.checkFinite()
      case .number(let number):
        let counts = key.lowercased().contains("loss") || ["reward", "kl"].contains(key)
        guard number.isFinite || !counts else {
          throw AlignmentError.notFinite(what: "\(key) is not a finite number (\(number))")
        }
      default: break
      }
    }
  }
}
