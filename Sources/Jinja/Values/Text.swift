/// A text as Python sees it: a sequence of Unicode scalars, compared scalar by scalar.
struct Text: Sendable, ExpressibleByStringLiteral {
  var scalars: [Unicode.Scalar]
  /// Whether the text counts as HTML, as `safe` and `escape` make it: what is added to it is escaped.
  var isMarkup = false

  init() { scalars = [] }

  init(_ scalars: some Sequence<Unicode.Scalar>, isMarkup: Bool = false) {
    self.scalars = Array(scalars)
    self.isMarkup = isMarkup
  }

  init(_ string: String) { scalars = Array(string.unicodeScalars) }

  init(stringLiteral: String) { self.init(stringLiteral) }

  var string: String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  var count: Int { scalars.count }
  var isEmpty: Bool { scalars.isEmpty }

  static func + (left: Self, right: Self) -> Self {
    guard left.isMarkup || right.isMarkup else { return Self(left.scalars + right.scalars) }
    return Self(left.escaped.scalars + right.escaped.scalars, isMarkup: true)
  }

  /// The text with the characters of HTML escaped, as MarkupSafe escapes them.
  var escaped: Self {
    guard !isMarkup else { return self }
    var result: [Unicode.Scalar] = []
    for scalar in scalars {
      switch scalar {
      case "&": result += "&amp;".unicodeScalars
      case "<": result += "&lt;".unicodeScalars
      case ">": result += "&gt;".unicodeScalars
      case "'": result += "&#39;".unicodeScalars
      case "\"": result += "&#34;".unicodeScalars
      default: result.append(scalar)
      }
    }
    return Self(result, isMarkup: true)
  }

  var plain: Self { Self(scalars) }

  func with(_ scalars: some Sequence<Unicode.Scalar>) -> Self {
    Self(scalars, isMarkup: isMarkup)
  }
}

extension Text: Hashable {
  static func == (left: Self, right: Self) -> Bool { left.scalars == right.scalars }

  func hash(into hasher: inout Hasher) {
    for scalar in scalars { hasher.combine(scalar.value) }
  }

  /// Compares by code points, as Python does.
  static func precedes(_ left: Self, _ right: Self) -> Bool {
    left.scalars.lexicographicallyPrecedes(right.scalars)
  }
}
