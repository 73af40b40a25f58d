import LanguageModels
import PreferenceData

/// A prompt with answers as tokens, truncated so that both fit a limit together.
///
/// If both do not fit, prompt and answer may each use half of the limit and the part that the other
/// does not need. The prompt loses its start, an answer its end. All answers follow the same part of
/// the prompt, so that they differ only in the answer.
package struct FittedAnswers {
  package private(set) var completions: [TokenisedResponse]
  package let promptLosesStart: Bool
  package let answersLoseEnd: [Bool]

  package init(prompt: [Int], responses: [[Int]], limit: Int) {
    self.init(responses.map { TokenisedResponse(prompt: prompt, response: $0) }, limit: limit)
  }

  /// For answers whose prompts may differ by a token, if the tokenizer merges across the boundary.
  init(_ whole: [TokenisedResponse], limit: Int) {
    let longest = whole.map(\.response.count).max() ?? 0
    completions = whole.map { whole in
      let kept = Self.promptTokens(of: whole.prompt.count, longestAnswer: longest, limit: limit)
      return TokenisedResponse(
        prompt: Array(whole.prompt.suffix(kept)),
        response: Array(whole.response.prefix(max(limit - kept, 0))))
    }
    promptLosesStart = zip(whole, completions).contains { $0.prompt.count > $1.prompt.count }
    answersLoseEnd = zip(whole, completions).map { $0.response.count > $1.response.count }
  }

  /// Returns the number of tokens that a prompt keeps before answers of at most `longestAnswer` tokens.
  static func promptTokens(of count: Int, longestAnswer: Int, limit: Int) -> Int {
    min(count, max(limit / 2, limit - longestAnswer, 1))
  }
}

extension ConversationEncoder {
  /// Returns a conversation with answers that fit `maxLength` together.
  func fitted(_ messages: [ChatMessage], _ answers: [String]) throws -> FittedAnswers {
    FittedAnswers(
      prompt: try prompt(messages, limit: .max),
      responses: answers.map { response($0, limit: .max) }, limit: maxLength)
  }
}

extension LanguageModelError {
  /// Adds the prompt's name to the error of a template that refuses it.
  static func naming<Result>(_ name: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch LanguageModelError.unusable(let problem) {
      throw LanguageModelError.unusable("prompt “\(name)”: \(problem)")
    }
  }
}
