/// Converts the spellings of tokens back to text.
indirect enum TokenDecoder: Sendable {
  case sequence([TokenDecoder])
  case byteLevel
  case byteFallback
  case fuse
  case replace(TextPattern, with: [UInt8])
  case strip(character: [UInt8], start: Int, stop: Int)
  case metaspace(replacement: [UInt8], prepends: Bool)
  case wordPiece(continuation: [UInt8], cleansUp: Bool)
  /// Symbols that end a word have this suffix.
  case bytePair(wordEnd: [UInt8])

  /// - Parameter repairs: Whether broken UTF-8 becomes �. Otherwise the bytes are returned
  ///   unchanged.
  func apply(_ tokens: [[UInt8]], repairs: Bool = true) -> [[UInt8]] {
    switch self {
    case .sequence(let steps): steps.reduce(tokens) { $1.apply($0, repairs: repairs) }
    case .byteLevel: [Self.bytes(of: tokens, repairs: repairs)]
    case .byteFallback: Self.joinBytes(tokens, repairs: repairs)
    case .fuse: [Array(tokens.joined())]
    case .replace(let pattern, let replacement):
      tokens.map { pattern.replace(in: $0, with: replacement) }
    case .strip(let character, let start, let stop):
      tokens.map { Self.strip($0, character, start: start, stop: stop) }
    case .metaspace(let replacement, let prepends):
      tokens.enumerated().map { index, token in
        let space: [UInt8] = index == 0 && prepends ? [] : [UInt8(ascii: " ")]
        return TextPattern.literal(replacement).replace(in: token, with: space)
      }
    case .wordPiece(let continuation, let cleansUp):
      tokens.enumerated().map { index, token in
        let piece = Self.wordPiece(token, continuation, isFirst: index == 0)
        return cleansUp ? Self.cleanedUp(piece) : piece
      }
    case .bytePair(let wordEnd):
      tokens.enumerated().map { index, token in
        let space = index == tokens.count - 1 ? [] : [UInt8(ascii: " ")]
        return TextPattern.literal(wordEnd).replace(in: token, with: space)
      }
    }
  }

  private static func wordPiece(
    _ token: [UInt8], _ continuation: [UInt8], isFirst: Bool
  ) -> [UInt8] {
    if isFirst { return token }
    let continues = token.starts(with: continuation)
    return continues ? Array(token.dropFirst(continuation.count)) : [UInt8(ascii: " ")] + token
  }

  /// Removes the spaces that splitting put before punctuation and contractions.
  private static func cleanedUp(_ token: [UInt8]) -> [UInt8] {
    let changes = [
      (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
      (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ]
    return changes.reduce(token) { text, change in
      TextPattern.literal(Array(change.0.utf8)).replace(in: text, with: Array(change.1.utf8))
    }
  }

  /// Returns a token that is not spelled in the byte alphabet unchanged. Broken UTF-8 is repaired.
  private static func bytes(of tokens: [[UInt8]], repairs: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    for token in tokens {
      bytes += ByteAlphabet.bytes(of: String(decoding: token, as: UTF8.self)) ?? token
    }
    return repairs ? Array(String(decoding: bytes, as: UTF8.self).utf8) : bytes
  }

  /// Converts runs of `<0xNN>` to the text that they spell, or to one � per byte.
  private static func joinBytes(_ tokens: [[UInt8]], repairs: Bool) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var run: [UInt8] = []
    func flush() {
      if !repairs || String(validating: run, as: UTF8.self) != nil {
        if !run.isEmpty { result.append(run) }
      } else {
        result += run.map { _ in Array("\u{FFFD}".utf8) }
      }
      run.removeAll()
    }
    for token in tokens {
      if let byte = byte(of: token) {
        run.append(byte)
      } else {
        flush()
        result.append(token)
      }
    }
    flush()
    return result
  }

  static func byte(of token: [UInt8]) -> UInt8? {
    guard token.count == 6, token.starts(with: "<0x".utf8), token[5] == UInt8(ascii: ">") else {
      return nil
    }
    return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
  }

  private static func strip(
    _ token: [UInt8], _ character: [UInt8], start: Int, stop: Int
  ) -> [UInt8] {
    var rest = token[...]
    for _ in 0..<start where rest.starts(with: character) { rest = rest.dropFirst(character.count) }
    for _ in 0..<stop where rest.suffix(character.count).elementsEqual(character) {
      rest = rest.dropLast(character.count)
    }
    return Array(rest)
  }
}
