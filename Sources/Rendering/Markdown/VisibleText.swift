/// The characters of a text that a reader sees, and how often each occurs.
struct VisibleText {
  private var ascii = [Int](repeating: 0, count: 128)
  private var others: [UInt32: Int] = [:]
  private(set) var isEmpty = true

  init(_ text: String) {
    for scalar in text.unicodeScalars { add(scalar) }
  }

  /// - Parameter html: What `Markdown` renders: text in it is escaped.
  init(html: String) {
    var isInTag = false
    var entity: String?
    for scalar in html.unicodeScalars {
      if isInTag {
        isInTag = scalar != ">"
      } else if let name = entity {
        entity = scalar == ";" ? nil : name + String(scalar)
        if scalar == ";" { add(Self.entities[name] ?? "&") }
      } else if scalar == "<" {
        isInTag = true
      } else if scalar == "&" {
        entity = ""
      } else {
        add(scalar)
      }
    }
  }

  private static let entities: [String: Unicode.Scalar] = [
    "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "#39": "'",
  ]

  private mutating func add(_ scalar: Unicode.Scalar) {
    guard Self.isVisible(scalar) else { return }
    isEmpty = false
    if scalar.isASCII {
      ascii[Int(scalar.value)] += 1
    } else {
      others[scalar.value, default: 0] += 1
    }
  }

  /// Whether everything in another text is in this one, except what its syntax allows for.
  func holds(_ source: VisibleText, except allowance: SyntaxAllowance) -> Bool {
    let emphasis = [UInt8(ascii: "*"), UInt8(ascii: "_")].map(Int.init)
    var missingEmphasis = 0
    for index in ascii.indices {
      var missing = max(0, source.ascii[index] - ascii[index] - allowance[index])
      if emphasis.contains(index) {
        missingEmphasis += missing
        missing = 0
      }
      if missing > 0 { return false }
    }
    guard missingEmphasis <= allowance.emphasis else { return false }
    return source.others.allSatisfy { others[$0.key, default: 0] >= $0.value }
  }

  /// Letters and symbols without a mark: the fillers of Hangul, and Braille without a dot.
  private static let blanks: Set<UInt32> = [0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0]

  /// Whether a character leaves a mark on the page.
  static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value > 0x20 && scalar.value < 0x7F }
    if blanks.contains(scalar.value) { return false }
    if (0x2E80...0x9FFF).contains(scalar.value) { return scalar.value != 0x3000 }
    switch scalar.properties.generalCategory {
    case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator: return false
    default:
      return !scalar.properties.isDefaultIgnorableCodePoint && scalar.value != 0x2800
    }
  }
}
