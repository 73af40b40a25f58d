struct TextCompletion: Encodable, Sendable {
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
