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
