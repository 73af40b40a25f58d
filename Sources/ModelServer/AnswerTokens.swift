import LanguageModels

/// The tokens of a streamed answer, with the text that each adds.
///
/// A token is returned together with its text. The end of a text is held back while it might begin
/// a stop string or is part of a character. The bytes of all tokens, joined, are the text.
struct AnswerTokens {
  /// A sampled token, or an alternative at the same position.
  struct Spelling {
    var id: Int
    var bytes: [UInt8]
    var logProbability: Float

    init(id: Int, bytes: [UInt8], logProbability: Float) {
      self.id = id
      self.bytes = bytes
      // JSON has no infinity. Other servers write this number for impossible tokens.
      self.logProbability = logProbability.isFinite ? logProbability : -9999
    }
  }

  struct Token {
    var chosen: Spelling
    var alternatives: [Spelling]
    /// The part of the token in the text; shorter than the token if a stop string begins within it.
    var bytes: [UInt8]
    /// The number of characters of the answer before the token.
    var offset: Int
  }

  private let tokenizer: Tokenizer
  private var waiting: [(token: Token, end: Int)] = []
  private var hasBegun = false
  private var byteCount = 0
  private var characters = CharacterCounter()
  private var sentBytes = 0
  private var sentCharacters = 0

  init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

  /// Adds a token. Returns the tokens whose text is now complete.
  mutating func append(_ event: ContinuousBatch.Event) -> [Token] {
    let begins = !hasBegun
    let chosen = spelling(event.id, event.plainLogProbability, begins: begins)
    let token = Token(
      chosen: chosen,
      alternatives: event.alternatives.map { spelling($0.id, $0.logProbability, begins: begins) },
      bytes: chosen.bytes, offset: characters.count)
    hasBegun = hasBegun || !tokenizer.isSpecial(event.id)
    byteCount += chosen.bytes.count
    characters.append(chosen.bytes)
    sentBytes += event.text.utf8.count
    sentCharacters += event.text.unicodeScalars.count
    waiting.append((token, byteCount))
    return event.finish == nil ? takeSent() : takeRest()
  }

  /// Special tokens are not part of the text, so they have no bytes.
  private func spelling(_ id: Int, _ logProbability: Float, begins: Bool) -> Spelling {
    let bytes = tokenizer.isSpecial(id) ? [] : tokenizer.bytes(of: id, begins: begins)
    return Spelling(id: id, bytes: bytes, logProbability: logProbability)
  }

  private mutating func takeSent() -> [Token] {
    let ready = waiting.prefix { $0.end <= sentBytes }.map(\.token)
    waiting.removeFirst(ready.count)
    return ready
  }

  private mutating func takeRest() -> [Token] {
    defer { waiting.removeAll() }
    return waiting.map { token, end in
      var token = token
      token.bytes.removeLast(min(max(end - sentBytes, 0), token.bytes.count))
      token.offset = min(token.offset, sentCharacters)
      return token
    }
  }
}

/// Counts the characters (Unicode scalars) of a text that is streamed as bytes.
struct CharacterCounter {
  private(set) var count = 0
  /// The beginning of an incomplete character.
  private var rest: [UInt8] = []

  mutating func append(_ bytes: [UInt8]) {
    rest += bytes
    let whole = rest.count - unfinishedLength
    count += String(decoding: rest[..<whole], as: UTF8.self).unicodeScalars.count
    rest.removeFirst(whole)
  }

  /// The number of bytes at the end that begin an incomplete character.
  private var unfinishedLength: Int {
    for length in 1...3 where length <= rest.count {
      let byte = rest[rest.count - length]
      // 10xxxxxx continues a character; 110xxxxx, 1110xxxx and 11110xxx begin two, three and four
      // bytes.
      if byte & 0xC0 == 0x80 { continue }
      let needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return needed > length ? length : 0
    }
    return 0
  }
}

extension Tokenizer {
  /// Returns the name of a token in replies: its text, or its bytes if they are part of a
  /// character.
  func name(of id: Int, bytes: [UInt8], prefix: String = "") -> String {
    if bytes.isEmpty { return isSpecial(id) ? token(of: id) ?? "" : "" }
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    return prefix + Self.escaped(bytes)
  }

  static func escaped(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      let digits = String(byte, radix: 16)
      return "\\x" + (digits.count < 2 ? "0" : "") + digits
    }.joined()
  }
}
