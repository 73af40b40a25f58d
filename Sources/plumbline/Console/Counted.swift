extension Int {
  /// Returns the number with a noun that takes an `s` in the plural, such as `1 row` and `2 rows`.
  func counted(_ noun: String) -> String {
    "\(self) \(noun)\(self == 1 ? "" : "s")"
  }
}
