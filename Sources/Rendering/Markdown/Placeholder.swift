import Foundations

/// A stand-in for text that cmark must pass on unread.
///
/// Each is one of the noncharacters U+FDD0 to U+FDEF, which interchanged text does not hold
/// (`MarkdownSource` replaces those of a text). A character of Markdown's syntax that is not
/// syntax in its place has its own placeholder. A formula, or a piece of markup, is its number
/// between two of `number`.
/// To cmark a placeholder is a letter.
enum Placeholder {
  /// On both sides of the number of a formula or a piece of markup.
  static let number: UInt8 = 0x90
  /// Nothing: it only keeps what is around it apart.
  static let nothing: UInt8 = 0x91

  /// The characters that have a placeholder, in the order of their placeholders.
  private static let characters = Array("\\*_`&<>[]()#+-=~|!:.".utf8)
  private static let first: UInt8 = 0x92

  // U+FDD0 to U+FDEF are EF B7 90 to EF B7 AF in UTF-8.
  static func bytes(_ last: UInt8) -> [UInt8] { [0xEF, 0xB7, last] }

  /// The placeholder of a character, or the character itself when Markdown has no use for it.
  static func bytes(for character: UInt8) -> [UInt8] {
    guard let index = characters.firstIndex(of: character) else { return [character] }
    return bytes(first + UInt8(index))
  }

  /// Whether a scalar is one of those that placeholders are made of.
  static func isReserved(_ scalar: Unicode.Scalar) -> Bool {
    (0xFDD0...0xFDEF).contains(scalar.value)
  }

  /// Returns a text with each placeholder replaced.
  ///
  /// - Parameters:
  ///   - character: What a character's placeholder becomes.
  ///   - numbered: What a number becomes.
  static func replaced(
    in text: String, character: (UInt8) -> String, numbered: (Int) -> String
  ) -> String {
    var text = text
    return text.withUTF8 { bytes in
      var result: [UInt8] = []
      result.reserveCapacity(bytes.count)
      var place = 0
      while place < bytes.count {
        guard let last = placeholder(at: place, in: bytes) else {
          result.append(bytes[place])
          place += 1
          continue
        }
        place += 3
        if last == Self.number {
          var number = 0
          while place < bytes.count, (0x30...0x39).contains(bytes[place]), number < 1_000_000 {
            number = number * 10 + Int(bytes[place] - 0x30)
            place += 1
          }
          if placeholder(at: place, in: bytes) == Self.number { place += 3 }
          result += numbered(number).utf8
        } else if last >= first, Int(last - first) < characters.count {
          result += character(characters[Int(last - first)]).utf8
        }
      }
      return String(decoding: result, as: UTF8.self)
    }
  }

  private static func placeholder(
    at place: Int, in bytes: UnsafeBufferPointer<UInt8>
  ) -> UInt8? {
    guard place + 2 < bytes.count, bytes[place] == 0xEF, bytes[place + 1] == 0xB7,
      (0x90...0xAF).contains(bytes[place + 2])
    else { return nil }
    return bytes[place + 2]
  }
}
