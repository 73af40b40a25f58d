/// Decodes a stream of tokens and never returns part of a character.
///
/// The returned texts, together with that of `finish()`, equal the result of `decode` for all ids.
public struct StreamingDecoder {
  private let tokenizer: Tokenizer
  private let skipSpecialTokens: Bool
  /// Ids whose text is needed as context to decode the next one.
  private var window: [Int] = []
  /// The part of the window's text that was returned.
  private var given = ""
  /// The number of the window's ids that were complete at that time.
  private var complete = 0

  public init(_ tokenizer: Tokenizer, skipSpecialTokens: Bool = true) {
    self.tokenizer = tokenizer
    self.skipSpecialTokens = skipSpecialTokens
  }

  /// Returns the text that this token completes; empty while a character is incomplete.
  public mutating func append(_ id: Int) -> String {
    window.append(id)
    let text = tokenizer.decode(window, skipSpecialTokens: skipSpecialTokens)
    guard text.unicodeScalars.last != "\u{FFFD}", text.utf8.count > given.utf8.count else {
      return ""
    }
    let new = rest(of: text)
    window.removeFirst(complete)
    given = tokenizer.decode(window, skipSpecialTokens: skipSpecialTokens)
    complete = window.count
    return new
  }

  /// Returns the remaining text after the last token.
  public mutating func finish() -> String {
    let text = tokenizer.decode(window, skipSpecialTokens: skipSpecialTokens)
    let new = rest(of: text)
    window.removeAll()
    given = ""
    complete = 0
    return new
  }

  private func rest(of text: String) -> String {
    String(decoding: text.utf8.dropFirst(given.utf8.count), as: UTF8.self)
  }
}
