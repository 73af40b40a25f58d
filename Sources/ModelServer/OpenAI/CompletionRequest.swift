import LanguageModels

/// `POST /v1/completions`.
struct CompletionRequest: Sendable {
  var model: String?
  var prompt: Prompt
  var maxTokens: Int
  var echoes: Bool
  /// The number of most likely tokens reported with each token; nil for no log-probabilities.
  var alternatives: Int?
  var streams: Bool
  var streamsUsage: Bool

  /// Texts, or lists of token ids.
  enum Prompt: Sendable {
    case texts([String])
    case ids([[Int]])

    var count: Int {
      switch self {
      case .texts(let texts): texts.count
      case .ids(let lists): lists.count
      }
    }
  }

  init(_ fields: RequestFields) throws {
    model = try fields.text("model")
    try fields.refuseUnsupported()
    echoes = try fields.flag("echo") ?? false
    maxTokens = try fields.whole("max_tokens", in: (echoes ? 0 : 1)...Int.max) ?? 16
    alternatives = try fields.whole("logprobs", in: 0...100)
    streams = try fields.flag("stream") ?? false
    streamsUsage = try fields.object("stream_options")?.flag("include_usage") ?? false
    prompt = try Self.prompt(fields)
  }

  private static func prompt(_ fields: RequestFields) throws -> Prompt {
    guard let value = fields["prompt"] else {
      throw ServerError.invalid("prompt is missing.", parameter: "prompt")
    }
    if let text = value.string { return .texts([text]) }
    let expected = "a text, a list of texts, a list of token ids, or a list of such lists"
    guard let list = value.array else { throw fields.wrong("prompt", expected) }
    guard let first = list.first else {
      throw ServerError.invalid("prompt is an empty list.", parameter: "prompt")
    }
    func all<Element>(_ element: (JSON) -> Element?) throws -> [Element] {
      try list.enumerated().map { index, item in
        guard let found = element(item) else {
          throw ServerError.invalid(
            "prompt must be \(expected); prompt.\(index) is \(item.kind).", parameter: "prompt")
        }
        return found
      }
    }
    if first.string != nil { return .texts(try all(\.string)) }
    if first.array == nil { return .ids([try all(\.wholeNumber)]) }
    return .ids(
      try all { item in
        let ids = item.array?.compactMap(\.wholeNumber)
        return ids?.count == item.array?.count ? ids : nil
      })
  }
}
