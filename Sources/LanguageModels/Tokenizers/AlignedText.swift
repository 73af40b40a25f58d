/// A text that maps every byte to the characters of the original.
///
/// The rules are those of the `tokenizers` library: a replacement has the position of the replaced
/// character, an addition that of the character before it.
struct AlignedText {
  private(set) var bytes: [UInt8] = []
  /// For each byte, the Unicode scalars of the original.
  private(set) var origins: [Range<Int>] = []
  /// The position of the text in the original.
  let start: Int

  /// Creates a part of the original that begins at its scalar `start`.
  init(_ original: UnsafeBufferPointer<UInt8>, start: Int) {
    self.init(start: start)
    bytes = Array(original)
    origins.reserveCapacity(bytes.count)
    var next = start - 1
    for byte in bytes {
      if byte & 0xC0 != 0x80 { next += 1 }
      origins.append(next..<next + 1)
    }
  }

  init(start: Int) { self.start = start }

  var string: String { String(decoding: bytes, as: UTF8.self) }

  func slice(_ range: Range<Int>) -> AlignedText {
    var result = AlignedText(start: start)
    result.copy(range, of: self)
    return result
  }

  func prepending(_ prefix: String) -> AlignedText {
    var result = AlignedText(start: start)
    result.add(prefix.utf8, standingFor: origins.first ?? start..<start)
    result.copy(bytes.indices, of: self)
    return result
  }

  /// Replaces each byte by its printable character.
  func spelledByBytes() -> AlignedText {
    var result = AlignedText(start: start)
    for (byte, origin) in zip(bytes, origins) {
      result.add(ByteAlphabet.spelling([byte]).utf8, standingFor: origin)
    }
    return result
  }

  /// Replaces each of the ranges by the same bytes.
  func replacing(_ ranges: [Range<Int>], with replacement: [UInt8]) -> AlignedText {
    var result = AlignedText(start: start)
    var end = 0
    for range in ranges {
      result.copy(end..<range.lowerBound, of: self)
      result.add(replacement, standingFor: origins[range.upperBound - 1])
      end = range.upperBound
    }
    result.copy(end..<bytes.count, of: self)
    return result
  }

  /// Applies `body` to each character separately, or to the whole text if adjacent characters
  /// matter.
  func rewritten(_ body: (String) -> String) -> AlignedText {
    let whole = string
    let expected = body(whole)
    var result = AlignedText(start: start)
    var place = 0
    for character in whole {
      let next = place + character.utf8.count
      result.align(body(String(character)), to: place..<next, of: self)
      place = next
    }
    guard !result.bytes.elementsEqual(expected.utf8) else { return result }
    result = AlignedText(start: start)
    result.align(expected, to: bytes.indices, of: self)
    return result
  }

  private mutating func copy(_ range: Range<Int>, of text: AlignedText) {
    bytes += text.bytes[range]
    origins += text.origins[range]
  }

  mutating func add(_ added: some Collection<UInt8>, standingFor origin: Range<Int>) {
    bytes += added
    origins += repeatElement(origin, count: added.count)
  }

  /// Adds the rewritten form of a range. Unchanged scalars keep their positions; scalars between
  /// them take the positions of the scalars that they replace, one by one.
  private mutating func align(
    _ new: String, to range: Range<Int>, of text: AlignedText
  ) {
    let before = Array(String(decoding: text.bytes[range], as: UTF8.self).unicodeScalars)
    let after = Array(new.unicodeScalars)
    var places: [Int] = []
    var place = range.lowerBound
    for scalar in before {
      places.append(place)
      place += UTF8.width(scalar)
    }
    var (lastKept, lastOfThem) = (-1, -1)
    func partner(_ index: Int, upTo next: Int) -> Int {
      let gap = next - lastKept - 1
      return gap == 0 ? max(lastKept, 0) : lastKept + min(index - lastOfThem, gap)
    }
    for (old, new) in Self.kept(before, after) + [(before.count, after.count)] {
      for index in (lastOfThem + 1)..<new {
        let origin =
          before.isEmpty ? start..<start : text.origins[places[partner(index, upTo: old)]]
        add(UTF8.encode(after[index]) ?? UTF8.encodedReplacementCharacter, standingFor: origin)
      }
      if new < after.count {
        add(
          UTF8.encode(after[new]) ?? UTF8.encodedReplacementCharacter,
          standingFor: text.origins[places[old]])
      }
      (lastKept, lastOfThem) = (old, new)
    }
  }

  /// Returns the positions of a longest common subsequence in both texts.
  private static func kept(
    _ before: [Unicode.Scalar], _ after: [Unicode.Scalar]
  ) -> [(Int, Int)] {
    let head = zip(before, after).prefix { $0 == $1 }.count
    let room = min(before.count, after.count) - head
    let tail = zip(before.reversed(), after.reversed()).prefix { $0 == $1 }.prefix(room).count
    let (rows, columns) = (before.count - head - tail, after.count - head - tail)
    var pairs = (0..<head).map { ($0, $0) }
    // Sections of this length are never a single character. Matches in their middle are ignored.
    if rows > 0, columns > 0, rows * columns <= 1 << 20 {
      var lengths = [Int](repeating: 0, count: (rows + 1) * (columns + 1))
      func length(_ row: Int, _ column: Int) -> Int { lengths[row * (columns + 1) + column] }
      for row in (0..<rows).reversed() {
        for column in (0..<columns).reversed() {
          lengths[row * (columns + 1) + column] =
            before[head + row] == after[head + column]
            ? length(row + 1, column + 1) + 1
            : max(length(row + 1, column), length(row, column + 1))
        }
      }
      var (row, column) = (0, 0)
      while row < rows, column < columns {
        if before[head + row] == after[head + column] {
          pairs.append((head + row, head + column))
          (row, column) = (row + 1, column + 1)
        } else if length(row + 1, column) >= length(row, column + 1) {
          row += 1
        } else {
          column += 1
        }
      }
    }
    return pairs + (0..<tail).map { (before.count - tail + $0, after.count - tail + $0) }
  }
}

extension Normalizer {
  /// Returns the normalized text, with the origin of every byte.
  func apply(_ text: AlignedText, continues: Bool) -> AlignedText {
    switch self {
    case .sequence(let steps): return steps.reduce(text) { $1.apply($0, continues: continues) }
    case .prepend(let prefix):
      return text.bytes.isEmpty || continues ? text : text.prepending(prefix)
    case .replace(let pattern, let replacement):
      return text.replacing(pattern.matches(in: text.bytes), with: Array(replacement.utf8))
    case .strip(let left, _):
      let string = text.string
      let kept = apply(string, continues: continues).utf8.count
      let spaces = string.unicodeScalars.prefix { $0.properties.isWhitespace }
      let width = left ? spaces.reduce(0) { $0 + UTF8.width($1) } : 0
      let first = min(width, text.bytes.count - kept)
      return text.slice(first..<(first + kept))
    case .form(let form): return text.normalized(form)
    case .bert(let cleaning): return cleaning.steps.reduce(text) { $1.apply($0) }
    case .byteLevel: return text.spelledByBytes()
    default: return text.rewritten { apply($0, continues: continues) }
    }
  }
}
