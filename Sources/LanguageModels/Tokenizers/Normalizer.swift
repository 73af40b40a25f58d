import Foundation

/// Rewrites text before it is cut into words.
indirect enum Normalizer: Sendable {
  case sequence([Normalizer])
  case nfc, nfd, nfkc, nfkd
  case prepend(String)
  case replace(TextPattern, with: String)

  /// - Parameter continues: Whether the text goes on where another ended: nothing is prepended.
  func apply(_ text: String, continues: Bool) -> String {
    switch self {
    case .sequence(let steps): steps.reduce(text) { $1.apply($0, continues: continues) }
    case .nfc: Self.isASCII(text) ? text : text.precomposedStringWithCanonicalMapping
    case .nfd: Self.isASCII(text) ? text : text.decomposedStringWithCanonicalMapping
    case .nfkc: Self.isASCII(text) ? text : text.precomposedStringWithCompatibilityMapping
    case .nfkd: Self.isASCII(text) ? text : text.decomposedStringWithCompatibilityMapping
    case .prepend(let prefix): text.isEmpty || continues ? text : prefix + text
    case .replace(let pattern, let replacement):
      String(
        decoding: pattern.replace(in: Array(text.utf8), with: Array(replacement.utf8)),
        as: UTF8.self)
    }
  }

  private static func isASCII(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 < 0x80 }
  }
}

/// A literal text or an expression to look for.
enum TextPattern: Sendable {
  case literal([UInt8])
  case expression(RegularExpression)

  func replace(in text: [UInt8], with replacement: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var end = 0
    for match in matches(in: text) {
      result += text[end..<match.lowerBound]
      result += replacement
      end = match.upperBound
    }
    return result + text[end...]
  }

  private func matches(in text: [UInt8]) -> [Range<Int>] {
    var matches: [Range<Int>] = []
    switch self {
    case .expression(let expression):
      text.withUnsafeBufferPointer {
        expression.findMatches(in: $0, with: MatchingState(), into: &matches)
      }
    case .literal(let literal):
      guard let first = literal.first else { return [] }
      var position = 0
      while position + literal.count <= text.count {
        if text[position] == first,
          text[position..<position + literal.count].elementsEqual(literal)
        {
          matches.append(position..<position + literal.count)
          position += literal.count
        } else {
          position += 1
        }
      }
    }
    return matches
  }
}
