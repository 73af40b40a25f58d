/// `POST /v1/completions`.
struct CompletionRequest: Decodable, Sendable {
  var model: String?
  var prompt: Prompt
  var max_tokens: Int?
  var echo: Bool?
  var logprobs: Int?
  var stream: Bool?
  var stream_options: StreamOptions?
  var suffix: String?

  /// A text, token ids, or a list of either.
  enum Prompt: Decodable, Sendable {
    case texts([String])
    case ids([[Int]])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self = .texts([text])
      } else if let ids = try? container.decode([Int].self) {
        self = .ids([ids])
      } else if let texts = try? container.decode([String].self) {
        self = .texts(texts)
      } else {
        self = .ids(try container.decode([[Int]].self))
      }
    }
  }
}

struct Completion: Encodable, Sendable {
  var id: String
  var object = "text_completion"
  var created: Int
  var model: String
  var choices: [Choice]
  var usage: Usage?

  struct Choice: Encodable, Sendable {
    var index: Int
    var text: String
    var logprobs: LogProbabilities?
    var finish_reason: String?

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(index, forKey: .index)
      try container.encode(text, forKey: .text)
      try container.encode(logprobs, forKey: .logprobs)
      try container.encode(finish_reason, forKey: .finish_reason)
    }

    enum CodingKeys: CodingKey { case index, text, logprobs, finish_reason }
  }

  struct LogProbabilities: Encodable, Sendable {
    var tokens: [String] = []
    var token_logprobs: [Float?] = []
    var top_logprobs: [[String: Float]?] = []
    var text_offset: [Int] = []
  }
}
