import LanguageModels

/// One answer as its tokens come: its text, and what a client is told of its tokens.
struct CompletionReply {
  private let tokenizer: Tokenizer
  private let isAsked: Bool
  private(set) var text = ""
  private(set) var finish: String?
  private(set) var tokenCount = 0
  private(set) var logprobs = Completion.LogProbabilities()
  private var offset = 0

  /// - Parameter alternatives: How many likelier tokens the client wants; nil for no log-probabilities.
  init(_ tokenizer: Tokenizer, alternatives: Int?) {
    self.tokenizer = tokenizer
    isAsked = alternatives != nil
  }

  /// Puts the prompt before the answer.
  mutating func echo(_ ids: [Int], text: String, _ tokens: [InferenceLoop.PromptToken]?) {
    self.text += text
    guard isAsked else { return }
    for (index, id) in ids.enumerated() {
      let token = index == 0 ? nil : tokens?[index - 1]
      add(id, token?.logProbability, token?.alternatives)
    }
  }

  /// Takes one token; returns what of the text and its log-probabilities is new.
  @discardableResult
  mutating func append(
    _ event: ContinuousBatch.Event
  ) -> (text: String, logprobs: Completion.LogProbabilities?) {
    text += event.text
    tokenCount += 1
    finish = event.finish?.rawValue ?? finish
    guard isAsked else { return (event.text, nil) }
    let before = logprobs.tokens.count
    add(event.id, event.plainLogProbability, event.alternatives)
    return (
      event.text,
      Completion.LogProbabilities(
        tokens: Array(logprobs.tokens[before...]),
        token_logprobs: Array(logprobs.token_logprobs[before...]),
        top_logprobs: Array(logprobs.top_logprobs[before...]),
        text_offset: Array(logprobs.text_offset[before...]))
    )
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
