/// Separates the conversation that the answers of a row share from the answers.
struct ConversationSplit {
  /// The turns before the answers, without system messages.
  private(set) var prompt: [ChatMessage]
  /// The one system message that the answers have, if any.
  private(set) var system: String?
  /// The turns of each answer.
  private(set) var answers: [[ChatMessage]] = []

  /// - Parameters:
  ///   - prompt: The turns of the prompt, without system messages; may be empty.
  ///   - allowsLaterTurns: Whether people may speak within the answers.
  init(
    _ candidates: [Candidate], after prompt: [ChatMessage], promptKey: String?,
    allowsLaterTurns: Bool
  ) throws(LineProblem) {
    self.prompt = prompt
    let wholes = candidates.filter(\.isWhole)
    guard let first = wholes.first else {
      answers = candidates.map { $0.turns.filter { $0.role != .system } }
      system = try Self.system(of: candidates)
      return
    }
    system = try Self.system(of: candidates)
    let shared = try Self.shared(wholes, allowsLaterTurns: allowsLaterTurns)
    for candidate in candidates {
      let turns = candidate.turns.filter { $0.role != .system }
      answers.append(candidate.isWhole ? Array(turns.dropFirst(shared.count)) : turns)
    }
    try join(shared, from: first.key, promptKey: promptKey)
  }

  // The longer of the two conversations counts if it ends with the shorter one.
  private mutating func join(
    _ shared: [ChatMessage], from key: String, promptKey: String?
  ) throws(LineProblem) {
    if prompt.isEmpty || Self.ends(shared, with: prompt) {
      prompt = shared
    } else if !Self.ends(prompt, with: shared) {
      let turn = zip(shared, prompt).enumerated().first { !Self.isSame($1.0, $1.1) }?.offset
      throw .inconsistent(
        key: key,
        reason: "repeats another prompt than “\(promptKey ?? "prompt")”: turn "
          + "\((turn ?? min(shared.count, prompt.count)) + 1) differs")
    }
  }

  /// The common beginning of conversations, up to the turn of the assistant where they part.
  private static func shared(
    _ wholes: [Candidate], allowsLaterTurns: Bool
  ) throws(LineProblem) -> [ChatMessage] {
    let turns = wholes.map { $0.turns.filter { $0.role != .system } }
    let first = turns[0]
    for (candidate, turns) in zip(wholes, turns) where turns.last?.role == .user {
      throw .inconsistent(
        key: candidate.key, reason: "ends with turn \(turns.count), a question, and has no answer")
    }
    var count =
      turns.map { other in zip(first, other).prefix { isSame($0, $1) }.count }.min() ?? 0
    // One answer alone, and equal ones, part at the last turns of the assistant.
    let lastQuestion = (first.lastIndex { $0.role == .user } ?? -1) + 1
    if turns.allSatisfy({ $0.count == count }) || turns.count == 1 { count = lastQuestion }
    // Results of tools belong to the answer that called them.
    while count > 0, turns.contains(where: { $0.count > count && $0[count].role == .tool }) {
      count -= 1
    }
    while count > 0, turns.contains(where: { $0.count == count }) { count -= 1 }
    for (candidate, turns) in zip(wholes, turns) {
      let other = wholes.first { $0.key != candidate.key }?.key ?? "prompt"
      if count < turns.count, turns[count].role == .user {
        throw .inconsistent(
          key: candidate.key,
          reason: "answers another conversation than “\(other)”: turn \(count + 1) differs")
      }
      if !allowsLaterTurns,
        let turn = turns.dropFirst(count).firstIndex(where: { $0.role == .user })
      {
        throw .inconsistent(
          key: candidate.key,
          reason: "answers another conversation than “\(other)”: they part at turn \(count + 1), "
            + "and turn \(turn + 1) asks again")
      }
    }
    return Array(first.prefix(count))
  }

  private static func system(of candidates: [Candidate]) throws(LineProblem) -> String? {
    var found: (text: String, key: String)?
    for candidate in candidates {
      let texts = candidate.turns.filter { $0.role == .system && !$0.content.isBlank }
      guard !texts.isEmpty else { continue }
      let text = texts.map(\.content).joined(separator: "\n\n")
      if let found, found.text != text {
        throw .inconsistent(
          key: candidate.key, reason: "has another system message than “\(found.key)”")
      }
      found = (text, candidate.key)
    }
    return found?.text
  }

  /// Whether a conversation ends with the turns of another.
  static func ends(_ turns: [ChatMessage], with end: [ChatMessage]) -> Bool {
    end.count <= turns.count && zip(turns.suffix(end.count), end).allSatisfy(isSame)
  }

  /// Whether two turns say the same, apart from space around the words.
  static func isSame(_ left: ChatMessage, _ right: ChatMessage) -> Bool {
    guard left.role == right.role, left.toolCalls == right.toolCalls else { return false }
    return left.content == right.content || left.content.trimmed == right.content.trimmed
  }
}
