import LanguageModels
import PreferenceData

/// A prompt with answers to it, as tokens that fit a bound together, and what that has cost.
///
/// What fits is kept whole. Where it does not, prompt and answer each have a claim to half of the
/// bound, and to what the other leaves over: the prompt loses its start, an answer its end. All
/// answers to a prompt follow the same part of it, so that nothing but the answers tells them apart.
package struct FittedAnswers {
  package private(set) var completions: [TokenisedResponse]
  package let promptLosesStart: Bool
  package let answersLoseEnd: [Bool]

  package init(prompt: [Int], responses: [[Int]], limit: Int) {
    self.init(responses.map { TokenisedResponse(prompt: prompt, response: $0) }, limit: limit)
  }

  /// Answers whose prompts may differ by a token, where a tokenizer merges across the border.
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

  /// How many of a prompt's tokens are kept before answers of which the longest has so many.
  static func promptTokens(of count: Int, longestAnswer: Int, limit: Int) -> Int {
    min(count, max(limit / 2, limit - longestAnswer, 1))
  }
}

extension ConversationEncoder {
  /// A prompt with answers that fit `maxLength` together.
  func fitted(_ messages: [ChatMessage], _ answers: [String]) -> FittedAnswers {
    FittedAnswers(
      prompt: prompt(messages, limit: .max), responses: answers.map { response($0, limit: .max) },
      limit: maxLength)
  }
}
