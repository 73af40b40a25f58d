import LanguageModels

/// A prompt of `/v1/completions`.
struct CompletionPrompt: Sendable {
  var ids: [Int]
  var text: String
  /// False for a prompt of token ids.
  var isText: Bool
}

/// A streamed answer: its text and the token information that a client asked for.
struct CompletionReply {
  private let tokenizer: Tokenizer
  private let isAsked: Bool
  private let echoed: CompletionPrompt?
  private let keepsAnswer: Bool
  private(set) var text = ""
  private(set) var finish: String?
  private(set) var tokenCount = 0
  private(set) var logprobs = TextCompletion.LogProbabilities()
  private var tokens: AnswerTokens
  /// The number of characters before the answer.
  private var echoLength = 0
  private var isFirst = true

  /// - Parameters:
  ///   - alternatives: The number of most likely tokens to report; nil for no log-probabilities.
  ///   - echoed: The prompt, if it is returned before the answer.
  ///   - keepsAnswer: False if only the prompt is wanted.
  init(
    _ tokenizer: Tokenizer, alternatives: Int?, echoed: CompletionPrompt? = nil,
    keepsAnswer: Bool = true
  ) {
    self.tokenizer = tokenizer
    isAsked = alternatives != nil
    self.echoed = echoed
    self.keepsAnswer = keepsAnswer
    tokens = AnswerTokens(tokenizer)
  }

  /// Adds a token. Returns the new text and its log-probabilities.
  @discardableResult
  mutating func append(
    _ event: ContinuousBatch.Event
  ) -> (text: String, logprobs: TextCompletion.LogProbabilities?) {
    let before = (text: text.utf8.count, tokens: logprobs.tokens.count)
    if isFirst, let echoed { echo(echoed, event.prompt) }
    isFirst = false
    finish = event.finish?.rawValue ?? finish
    if keepsAnswer {
      text += event.text
      tokenCount += 1
      if isAsked {
        for token in tokens.append(event) {
          add(token.chosen, token.alternatives, offset: echoLength + token.offset)
        }
      }
    }
    let new = String(decoding: text.utf8.dropFirst(before.text), as: UTF8.self)
    guard isAsked else { return (new, nil) }
    return (
      new,
      TextCompletion.LogProbabilities(
        tokens: Array(logprobs.tokens[before.tokens...]),
        token_logprobs: Array(logprobs.token_logprobs[before.tokens...]),
        top_logprobs: Array(logprobs.top_logprobs[before.tokens...]),
        text_offset: Array(logprobs.text_offset[before.tokens...]))
    )
  }

  private mutating func echo(_ prompt: CompletionPrompt, _ tokens: [TokenLikelihood]) {
    text += prompt.text
    echoLength = prompt.text.unicodeScalars.count
    guard isAsked else { return }
    let offsets = self.offsets(of: prompt)
    var hasBegun = false
    for (index, id) in prompt.ids.enumerated() {
      let token = index == 0 ? nil : tokens[index - 1]
      let begins = !hasBegun
      // If the prompt is a list of ids, special tokens are part of the returned text.
      hasBegun = hasBegun || !prompt.isText || !tokenizer.isSpecial(id)
      func spelling(_ id: Int, _ logProbability: Float) -> AnswerTokens.Spelling {
        AnswerTokens.Spelling(
          id: id, bytes: tokenizer.bytes(of: id, begins: begins), logProbability: logProbability)
      }
      add(
        spelling(id, token?.logProbability ?? 0),
        token?.alternatives.map { spelling($0.id, $0.logProbability) }, offset: offsets[index])
    }
  }

  /// Returns the offset of each token of a prompt in the returned text, in characters.
  private func offsets(of prompt: CompletionPrompt) -> [Int] {
    if prompt.isText {
      let places = tokenizer.encodeWithOffsets(prompt.text)
      guard places.map(\.id) == prompt.ids else { return prompt.ids.map { _ in 0 } }
      var end = 0
      return places.map { place in
        // Tokens that the tokenizer added have no position, and trimmed characters belong to the
        // next token.
        guard !place.characters.isEmpty else { return end }
        defer { end = max(end, place.characters.upperBound) }
        return min(place.characters.lowerBound, end)
      }
    }
    var counter = CharacterCounter()
    return prompt.ids.enumerated().map { index, id in
      defer { counter.append(tokenizer.bytes(of: id, begins: index == 0)) }
      return counter.count
    }
  }

  /// - Parameter alternatives: Nil for the first token of a prompt, which has no context.
  private mutating func add(
    _ chosen: AnswerTokens.Spelling, _ alternatives: [AnswerTokens.Spelling]?, offset: Int
  ) {
    let name = tokenizer.name(of: chosen.id, bytes: chosen.bytes, prefix: "bytes:")
    logprobs.tokens.append(name)
    logprobs.text_offset.append(offset)
    guard let alternatives else {
      logprobs.token_logprobs.append(nil)
      logprobs.top_logprobs.append(nil)
      return
    }
    logprobs.token_logprobs.append(chosen.logProbability)
    var top = [name: chosen.logProbability]
    for other in alternatives where other.id != chosen.id {
      // Two tokens may have the same spelling: the second is named by its bytes, then by its id.
      let names = [
        tokenizer.name(of: other.id, bytes: other.bytes, prefix: "bytes:"),
        "bytes:" + Tokenizer.escaped(other.bytes),
      ]
      let free = names.first { top[$0] == nil } ?? "token_id:\(other.id)"
      top[free] = other.logProbability
    }
    logprobs.top_logprobs.append(top)
  }

  func choice(_ index: Int) -> TextCompletion.Choice {
    TextCompletion.Choice(
      index: index, text: text, logprobs: isAsked ? logprobs : nil, finish_reason: finish)
  }
}
