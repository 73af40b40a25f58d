import LanguageModels

/// The tokens of one answer as they come, with what each adds to the text.
///
/// Tokens are given out when their text is: the end of a text that might begin a stop string, or
/// that is a part of a character, waits. Joined, their bytes are the text.
struct AnswerTokens {
  /// One token, or one that could have been in its place.
  struct Spelling {
    var id: Int
    var bytes: [UInt8]
    var logProbability: Float

    init(id: Int, bytes: [UInt8], logProbability: Float) {
      self.id = id
      self.bytes = bytes
      // JSON has no infinity; other servers write this number for what is impossible.
      self.logProbability = logProbability.isFinite ? logProbability : -9999
    }
  }

  struct Token {
    var chosen: Spelling
    var alternatives: [Spelling]
    /// What of the chosen token is in the text: not all where a stop string begins within it.
    var bytes: [UInt8]
    /// Characters of the answer before it.
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

  /// Takes one token; returns those whose text has been given out by now.
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

  /// Special tokens are no part of the text, so they have no bytes.
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

/// Counts the characters (Unicode scalars) of a text that comes in pieces of bytes.
struct CharacterCounter {
  private(set) var count = 0
  /// The beginning of a character whose end has not come.
  private var rest: [UInt8] = []

  mutating func append(_ bytes: [UInt8]) {
    rest += bytes
    let whole = rest.count - unfinishedLength
    count += String(decoding: rest[..<whole], as: UTF8.self).unicodeScalars.count
    rest.removeFirst(whole)
  }

  /// How many bytes at the end begin a character that needs more of them.
  private var unfinishedLength: Int {
    for length in 1...3 where length <= rest.count {
      let byte = rest[rest.count - length]
      // 10xxxxxx goes on; 110xxxxx, 1110xxxx and 11110xxx begin two, three and four bytes.
      if byte & 0xC0 == 0x80 { continue }
      let needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return needed > length ? length : 0
    }
    return 0
  }
}

extension Tokenizer {
  /// How a token is called in replies: its text, or its bytes where they are a part of a character.
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
