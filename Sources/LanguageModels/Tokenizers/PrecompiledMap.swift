import Foundation

/// The character map of a SentencePiece model: a double-array trie (Aoe 1989) over byte strings,
/// and their replacements.
struct PrecompiledMap: Sendable {
  private let units: [UInt32]
  private let texts: [UInt8]

  /// Reads `precompiled_charsmap`, or returns nil if it is not valid.
  init?(base64: String) {
    guard let data = Data(base64Encoded: base64), data.count >= 4 else { return nil }
    let bytes = [UInt8](data)
    func word(_ place: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) }
    }
    let size = Int(word(0))
    guard size % 4 == 0, size >= 4, 4 + size <= bytes.count else { return nil }
    units = stride(from: 4, to: 4 + size, by: 4).map(word)
    texts = Array(bytes[(4 + size)...])
  }

  /// The number of bytes of the longest replacement.
  var longestReplacement: Int {
    texts.split(separator: 0).map(\.count).max() ?? 0
  }

  /// Maps whole characters if they are short, otherwise scalar by scalar.
  func apply(_ text: String) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count)
    for character in text {
      let bytes = Array(character.utf8)
      if bytes.count < 6, let mapped = replacement(of: bytes) {
        result += mapped
        continue
      }
      for scalar in character.unicodeScalars {
        let bytes = Array(String(scalar).utf8)
        result += replacement(of: bytes) ?? bytes[...]
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Returns the replacement of the shortest prefix that the trie contains.
  private func replacement(of key: [UInt8]) -> ArraySlice<UInt8>? {
    var place = Self.offset(units[0])
    for byte in key {
      if byte == 0 { return nil }
      place ^= Int(byte)
      guard units.indices.contains(place) else { return nil }
      let unit = units[place]
      guard unit & (1 << 31 | 0xFF) == UInt32(byte) else { return nil }
      place ^= Self.offset(unit)
      guard (unit >> 8) & 1 == 1 else { continue }
      guard units.indices.contains(place) else { return nil }
      let start = Int(units[place] & 0x7FFF_FFFF)
      guard start < texts.count else { return nil }
      return texts[start...].prefix { $0 != 0 }
    }
    return nil
  }

  private static func offset(_ unit: UInt32) -> Int {
    Int((unit >> 10) << ((unit & (1 << 9)) >> 6))
  }
}
