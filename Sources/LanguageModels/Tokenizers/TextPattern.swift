/// A literal text or a regular expression.
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

  func matches(in text: [UInt8]) -> [Range<Int>] {
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
