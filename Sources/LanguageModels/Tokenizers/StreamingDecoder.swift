/// Decodes tokens as they come, and never gives out part of a character.
///
/// All that it gave out, with the rest from `finish()`, is what `decode` gives for all the ids.
public struct StreamingDecoder {
  private let tokenizer: Tokenizer
  private let skipSpecialTokens: Bool
  /// Ids whose text is needed to decode the next one in its context.
  private var window: [Int] = []
  /// How much of the window's text was given out.
  private var given = ""
  /// How many of the window's ids were complete then.
  private var complete = 0

  public init(_ tokenizer: Tokenizer, skipSpecialTokens: Bool = true) {
    self.tokenizer = tokenizer
    self.skipSpecialTokens = skipSpecialTokens
  }

  /// The text that this token completes; empty while a character is unfinished.
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

  /// What is left when no more tokens come.
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
