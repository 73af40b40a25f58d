/// A row to import: a prompt, optionally with answers to rank.
public struct PromptRecord: Sendable, Hashable {
  /// One candidate answer in an import row.
  public struct Response: Sendable, Hashable {
    public var id: String?
    public var text: String
    public var source: String?

    public init(id: String? = nil, text: String, source: String? = nil) {
      self.id = id
      self.text = text
      self.source = source
    }
  }

  /// The numbers of answers that a page can rank. A prompt may have none until a model answers it.
  public static let responseCounts = 2...9

  /// The most messages that a page can show as one conversation.
  public static let mostMessages = 1000

  public var id: String?
  public var messages: [ChatMessage]
  public var responses: [Response]
  /// All other members of the row, such as language, tags and split.
  public var metadata: [String: JSONValue]
  /// Opinions about the answers in the file that the row comes from.
  public var judgements: [ImportedJudgement] = []

  public init(
    id: String? = nil, messages: [ChatMessage], responses: [Response] = [],
    metadata: [String: JSONValue] = [:]
  ) {
    self.id = id
    self.messages = messages
    self.responses = responses
    self.metadata = metadata
  }

  /// Creates a record with a single user message.
  public init(id: String? = nil, prompt: String, responses: [Response] = []) {
    self.init(
      id: id, messages: [ChatMessage(role: .user, content: prompt)], responses: responses)
  }

  /// The size of the messages and answers, in UTF-8 bytes.
  public var textSize: Int {
    messages.reduce(0) { $0 + $1.content.utf8.count }
      + responses.reduce(0) { $0 + $1.text.utf8.count }
  }

  /// The record as an import row.
  public var json: JSONValue {
    var row: [String: JSONValue] = ["messages": .array(messages.map(\.json))]
    if let id { row["id"] = .string(id) }
    if !responses.isEmpty {
      row["responses"] = .array(
        responses.map { response in
          var members: [String: JSONValue] = ["text": .string(response.text)]
          if let id = response.id { members["id"] = .string(id) }
          if let source = response.source { members["source"] = .string(source) }
          return .object(members)
        })
    }
    if !metadata.isEmpty { row["metadata"] = .object(metadata) }
    return .object(row)
  }
}
