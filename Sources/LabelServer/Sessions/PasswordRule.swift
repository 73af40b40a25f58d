import Rendering

/// The rule for passwords: their length, in characters.
enum PasswordRule {
  static let lengths = 10...200

  static func problem(with password: String, strings: Translations) -> String? {
    if password.count < lengths.lowerBound {
      return strings("invitation", "tooShort", ["count": String(password.count)])
    }
    return password.count > lengths.upperBound ? strings("invitation", "tooLong") : nil
  }
}
