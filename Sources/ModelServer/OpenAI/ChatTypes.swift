/// `POST /v1/chat/completions`.
struct ChatRequest: Decodable, Sendable {
  var model: String?
  var messages: [Message]
  var max_tokens: Int?
  var max_completion_tokens: Int?
  var logprobs: Bool?
  var top_logprobs: Int?
  var stream: Bool?
  var stream_options: StreamOptions?

  struct Message: Decodable, Sendable {
    var role: String
    var content: String

    /// Content is a text, or a list of parts of which only texts are known.
    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      role = try container.decode(String.self, forKey: .role)
      if let text = try? container.decode(String.self, forKey: .content) {
        content = text
        return
      }
      let parts = try container.decode([Part].self, forKey: .content)
      guard parts.allSatisfy({ $0.type == "text" }) else {
        throw ServerError.invalid("content holds a part that is not a text.", parameter: "messages")
      }
      content = parts.compactMap(\.text).joined()
    }

    private struct Part: Decodable {
      var type: String
      var text: String?
    }

    enum CodingKeys: CodingKey { case role, content }
  }
}

struct ChatCompletion: Encodable, Sendable {
  var id: String
  var object = "chat.completion"
  var created: Int
  var model: String
  var choices: [Choice]
  var usage: Usage

  struct Choice: Encodable, Sendable {
    var index: Int
    var message: Message
    var logprobs: ChatLogProbabilities?
    var finish_reason: String
  }

  struct Message: Encodable, Sendable {
    var role = "assistant"
    var content: String
  }
}

struct ChatChunk: Encodable, Sendable {
  var id: String
  var object = "chat.completion.chunk"
  var created: Int
  var model: String
  var choices: [Choice]
  var usage: Usage?

  struct Choice: Encodable, Sendable {
    var index: Int
    var delta: Delta
    var logprobs: ChatLogProbabilities?
    var finish_reason: String?

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(index, forKey: .index)
      try container.encode(delta, forKey: .delta)
      try container.encodeIfPresent(logprobs, forKey: .logprobs)
      try container.encode(finish_reason, forKey: .finish_reason)
    }

    enum CodingKeys: CodingKey { case index, delta, logprobs, finish_reason }
  }

  struct Delta: Encodable, Sendable {
    var role: String?
    var content: String?
  }
}

struct ChatLogProbabilities: Encodable, Sendable {
  var content: [Token]

  struct Token: Encodable, Sendable {
    var token: String
    var logprob: Float
    var bytes: [UInt8]
    var top_logprobs: [Alternative]
  }

  struct Alternative: Encodable, Sendable {
    var token: String
    var logprob: Float
    var bytes: [UInt8]
  }
}
