import LanguageModels

/// One answer as its tokens come: its text, and what a client is told of its tokens.
struct CompletionReply {
  private let tokenizer: Tokenizer
  private let isAsked: Bool
  private let echoed: (ids: [Int], text: String)?
  private let keepsAnswer: Bool
  private(set) var text = ""
  private(set) var finish: String?
  private(set) var tokenCount = 0
  private(set) var logprobs = Completion.LogProbabilities()
  private var offset = 0
  private var isFirst = true

  /// - Parameters:
  ///   - alternatives: How many likelier tokens the client wants; nil for no log-probabilities.
  ///   - echoed: The prompt, where it goes before the answer.
  ///   - keepsAnswer: False where the prompt is all that is wanted.
  init(
    _ tokenizer: Tokenizer, alternatives: Int?, echoed: (ids: [Int], text: String)? = nil,
    keepsAnswer: Bool = true
  ) {
    self.tokenizer = tokenizer
    isAsked = alternatives != nil
    self.echoed = echoed
    self.keepsAnswer = keepsAnswer
  }

  /// Takes one token; returns what of the text and its log-probabilities is new.
  @discardableResult
  mutating func append(
    _ event: ContinuousBatch.Event
  ) -> (text: String, logprobs: Completion.LogProbabilities?) {
    let before = (text: text.endIndex, tokens: logprobs.tokens.count)
    if isFirst, let echoed { echo(echoed, event.prompt) }
    isFirst = false
    finish = event.finish?.rawValue ?? finish
    if keepsAnswer {
      text += event.text
      tokenCount += 1
      if isAsked { add(event.id, event.plainLogProbability, event.alternatives) }
    }
    let new = String(text[before.text...])
    guard isAsked else { return (new, nil) }
    return (
      new,
      Completion.LogProbabilities(
        tokens: Array(logprobs.tokens[before.tokens...]),
        token_logprobs: Array(logprobs.token_logprobs[before.tokens...]),
        top_logprobs: Array(logprobs.top_logprobs[before.tokens...]),
        text_offset: Array(logprobs.text_offset[before.tokens...]))
    )
  }

  private mutating func echo(_ prompt: (ids: [Int], text: String), _ tokens: [TokenLikelihood]) {
    text += prompt.text
    guard isAsked else { return }
    for (index, id) in prompt.ids.enumerated() {
      let token = index == 0 ? nil : tokens[index - 1]
      add(id, token?.logProbability, token?.alternatives)
    }
  }

  private mutating func add(
    _ id: Int, _ logProbability: Float?, _ alternatives: [(id: Int, logProbability: Float)]?
  ) {
    let token = tokenizer.text(of: id)
    logprobs.tokens.append(token)
    logprobs.token_logprobs.append(logProbability)
    logprobs.text_offset.append(offset)
    offset += token.unicodeScalars.count
    guard let alternatives, let logProbability else {
      logprobs.top_logprobs.append(nil)
      return
    }
    var top = [token: logProbability]
    for alternative in alternatives {
      // Two tokens may be spelled alike; the likelier one is told.
      let name = tokenizer.text(of: alternative.id)
      top[name] = max(top[name] ?? -.infinity, alternative.logProbability)
    }
    logprobs.top_logprobs.append(top)
  }

  func choice(_ index: Int) -> Completion.Choice {
    Completion.Choice(
      index: index, text: text, logprobs: isAsked ? logprobs : nil, finish_reason: finish)
  }
}
