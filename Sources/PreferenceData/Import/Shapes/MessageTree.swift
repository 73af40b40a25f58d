/// Reads Open-Assistant's message trees: every place where people ranked replies is a prompt.
enum MessageTree {
  /// Returns a row for the tree's root and for each later turn with two replies or more.
  static func rows(_ row: [String: JSONValue]) throws(LineProblem) -> [ImportedRow] {
    guard let root = row["prompt"], root["text"] != nil else { throw .missing("prompt") }
    var rows: [ImportedRow] = []
    try walk(root, after: [], isRoot: true, into: &rows)
    for index in rows.indices {
      for (name, value) in row where name != "prompt" && value != .null {
        rows[index].keep(name, value)
      }
    }
    return rows
  }

  private static func walk(
    _ node: JSONValue, after path: [ChatMessage], isRoot: Bool, into rows: inout [ImportedRow]
  ) throws(LineProblem) {
    guard let text = node["text"]?.stringValue else { throw .missing("text") }
    let isPrompt = node["role"]?.stringValue != "assistant"
    let path = path + [ChatMessage(role: isPrompt ? .user : .assistant, content: text)]
    let replies = (node["replies"]?.arrayValue ?? []).filter { $0["deleted"]?.boolValue != true }
    if isPrompt, isRoot || replies.count > 1 { rows.append(row(node, path, replies)) }
    for reply in replies { try walk(reply, after: path, isRoot: false, into: &rows) }
  }

  private static func row(
    _ node: JSONValue, _ path: [ChatMessage], _ replies: [JSONValue]
  ) -> ImportedRow {
    var row = ImportedRow()
    row.messages = path
    if let id = node["message_id"], id != .null { row.setID(id, key: "message_id") }
    row.answers = replies.compactMap(answer)
    for (name, value) in node.objectValue ?? [:]
    where !used.contains(name) && value != .null && value != .array([]) {
      row.keep(name, value)
    }
    return row
  }

  private static let used: Set<String> = ["message_id", "text", "role", "replies"]

  /// Returns a reply with its rank.
  static func answer(_ reply: JSONValue) -> ImportedRow.Answer? {
    guard case .object(var members) = reply, let text = members["text"]?.stringValue else {
      return nil
    }
    let place = members["rank"]?.number
    let source = members.removeValue(forKey: "model_name")?.stringValue
    for name in ["text", "role", "replies"] { members[name] = nil }
    return ImportedRow.Answer(
      text: text, source: source, place: place,
      details: members.filter { $0.value != .null && $0.value != .object([:]) })
  }
}

/// Reads Open-Assistant's flat messages: one message a row, replies after their parents.
///
/// A conversation is built from the messages before it in the file, as Open-Assistant sorts them.
struct MessageList {
  private struct Message {
    var parent: String?
    var turn: ChatMessage
  }

  /// How many messages are kept for replies further on: some thousand trees.
  private static let limit = 30_000

  private var messages: [String: Message] = [:]
  private var order: [String] = []

  /// Whether a row is a flat message.
  static func isMessage(_ row: [String: JSONValue]) -> Bool {
    row["message_id"] != nil && row["parent_id"] != nil && row["text"] != nil && row["role"] != nil
  }

  /// Returns a row with one answer for a reply of the assistant; nil for a prompt.
  mutating func row(_ members: [String: JSONValue]) throws(LineProblem) -> ImportedRow? {
    guard let id = members["message_id"]?.stringValue else { throw .missing("message_id") }
    guard let text = members["text"]?.stringValue else { throw .missing("text") }
    let isReply = members["role"]?.stringValue == "assistant"
    let parent = members["parent_id"].filled?.stringValue
    keep(
      id,
      Message(parent: parent, turn: ChatMessage(role: isReply ? .assistant : .user, content: text)))
    if members["deleted"]?.boolValue == true { return nil }
    var row = ImportedRow()
    if !isReply {
      // A later question follows an answer; its own answers are separate rows.
      guard parent == nil else { return nil }
      row.messages = [ChatMessage(role: .user, content: text)]
      row.id = PromptRecord.isID(id) ? id : nil
    } else {
      guard let parent, let path = path(to: parent) else {
        throw .inconsistent(key: "parent_id", reason: "names no earlier message of the file")
      }
      row.messages = path
      row.id = PromptRecord.isID(parent) ? parent : nil
      row.answers = [MessageTree.answer(.object(members))].compactMap(\.self)
    }
    for name in ["message_tree_id", "lang", "tree_state"] {
      if let value = members[name], value != .null { row.keep(name, value) }
    }
    row.grouping = .answers
    return row
  }

  private mutating func keep(_ id: String, _ message: Message) {
    messages[id] = message
    order.append(id)
    guard order.count > Self.limit * 2 else { return }
    for old in order.prefix(Self.limit) { messages[old] = nil }
    order.removeFirst(Self.limit)
  }

  private func path(to id: String) -> [ChatMessage]? {
    var turns: [ChatMessage] = []
    var next: String? = id
    while let id = next, turns.count < PromptRecord.mostMessages {
      guard let message = messages[id] else { return nil }
      turns.append(message.turn)
      next = message.parent
    }
    return turns.reversed()
  }
}
