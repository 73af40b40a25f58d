/// Conversions that no number can trap: numbers come from forms, files and stores of every age.
extension FixedWidthInteger {
  /// The nearest whole number that fits; 0 for NaN.
  public init(nearest value: Double) {
    if let whole = Self(exactly: value.rounded()) {
      self = whole
    } else {
      self = value.isNaN ? 0 : value < 0 ? .min : .max
    }
  }
}

extension String {
  /// Returns the text, cut after `count` Unicode scalars, for messages that quote input.
  public func quoted(atMost count: Int = 80) -> String {
    guard utf8.count > count else { return self }
    let cut = unicodeScalars.prefix(count)
    return cut.endIndex == unicodeScalars.endIndex ? self : String(Substring(cut)) + "…"
  }
}
