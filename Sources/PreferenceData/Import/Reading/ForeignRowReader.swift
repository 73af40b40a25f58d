/// Reads any row with a prompt, or with answers that repeat it, whatever its keys are called.
///
/// Every member of the row is used, or stays in `members` and becomes metadata.
struct ForeignRowReader {
  private(set) var row = ImportedRow()
  private var members: [String: JSONValue]
  private let keys: RowKeys
  private var candidates: [Candidate] = []
  private var promptKey: String?
  /// The answer keys in the order of `candidates`, with one candidate each.
  private var names: [RowKeys.AnswerKey?] = []

  /// Reads a row; throws `LineProblem`.
  static func read(
    _ members: [String: JSONValue], _ keys: RowKeys, allowsLaterTurns: Bool = false
  ) throws(LineProblem) -> ImportedRow {
    var reader = ForeignRowReader(members: members, keys: keys)
    try reader.read(allowsLaterTurns: allowsLaterTurns)
    return reader.row
  }

  private init(members: [String: JSONValue], keys: RowKeys) {
    self.members = members
    self.keys = keys
  }

  private mutating func read(allowsLaterTurns: Bool) throws(LineProblem) {
    readID()
    try readPrompt()
    try readAnswers()
    if row.messages.isEmpty, keys.prompts.isEmpty, !candidates.contains(where: \.isWhole) {
      throw .missing("prompt")
    }
    try split(allowsLaterTurns: allowsLaterTurns)
    addSystem()
    takeLastTurn()
    readVerdicts()
    keepRest()
  }

  // MARK: - Prompt

  private mutating func readID() {
    for name in keys.id {
      guard let value = members[name], value != .null else { continue }
      if value == .string("") { continue }
      members[name] = nil
      row.setID(value, key: name)
      return
    }
  }

  private mutating func readPrompt() throws(LineProblem) {
    if keys.isManual {
      for name in keys.prompts + keys.further where members[name] == nil {
        throw .missing(name)
      }
    }
    for name in keys.prompts {
      guard let value = members[name].filled, value != .array([]) else { continue }
      members[name] = nil
      promptKey = name
      row.messages = try conversation(value, key: name)
      break
    }
    try readRepeatedPrompts()
    readFurther()
    try readHistory()
  }

  // “question” beside “prompt” may say the same; a conversation may end with it.
  private mutating func readRepeatedPrompts() throws(LineProblem) {
    for name in keys.prompts.dropFirst() {
      guard !keys.isManual, name != promptKey, let value = members[name].filled else { continue }
      if let text = value.stringValue, row.messages.last?.content.trimmed == text.trimmed {
        members[name] = nil
      } else if TurnReader.isConversation(value) || value["messages"] != nil {
        let before = row
        guard let turns = try? conversation(value, key: name) else { continue }
        row = before
        let spoken = turns.filter { $0.role != .system }
        let known = row.messages.filter { $0.role != .system }
        let asked = spoken.last?.role == .assistant ? Array(spoken.dropLast()) : spoken
        let hasAnswers = keys.better != nil || !keys.answers.isEmpty
        guard
          ConversationSplit.ends(asked, with: known)
            || (!hasAnswers
              && ConversationSplit.ends(Array(spoken.prefix(known.count)), with: known))
        else { continue }
        members[name] = nil
        row.messages = try conversation(value, key: name)
        promptKey = name
      }
    }
  }

  private mutating func readFurther() {
    var texts: [String] = []
    for name in keys.further {
      guard let text = members[name]?.stringValue else { continue }
      members[name] = nil
      if !text.isEmpty { texts.append(text) }
    }
    if texts.isEmpty { return }
    if let last = row.messages.indices.last, row.messages[last].role == .user {
      row.messages[last].content = ([row.messages[last].content] + texts)
        .filter { !$0.isBlank }.joined(separator: "\n\n")
    } else {
      row.messages.append(ChatMessage(role: .user, content: texts.joined(separator: "\n\n")))
    }
  }

  private mutating func readHistory() throws(LineProblem) {
    guard let name = keys.history, name != promptKey, let value = members[name] else { return }
    var list = value
    if let text = value.stringValue, let parsed = StructuredText.parsed(text) { list = parsed }
    guard case .array(let turns) = list else { return }
    if turns.isEmpty {
      members[name] = nil
      return
    }
    var reader = TurnReader(key: name)
    let earlier = try reader.turns(turns)
    members[name] = nil
    row.add(reader)
    row.findings.insert(RowFinding(.earlierTurns))
    let system = row.messages.prefix { $0.role == .system }
    row.messages = system + earlier + row.messages.dropFirst(system.count)
  }

  private mutating func conversation(
    _ value: JSONValue, key: String
  ) throws(LineProblem) -> [ChatMessage] {
    switch value {
    case .string(let text):
      if let structured = StructuredText.value(text) {
        return try conversation(structured, key: key)
      }
      return Transcript.messages(text) ?? [ChatMessage(role: .user, content: text)]
    case .integer, .number, .digits, .bool:
      return [ChatMessage(role: .user, content: CanonicalJSON.text(value))]
    case .array(let turns):
      // A list of texts is a conversation under some names only; it may also be a list of options.
      if turns.first?.stringValue != nil, !ColumnWords.conversations.contains(ColumnWords.word(key))
      {
        throw .wrongType(key: key, expected: "a text or a list of messages")
      }
      var reader = TurnReader(key: key)
      let messages = try reader.turns(turns)
      row.add(reader)
      return messages
    case .object(let object): return try conversation(object, key: key)
    case .null: return []
    }
  }

  // {"messages": […], "tools": …} of OpenAI, {"full_text": …} of WebGPT, or one message.
  private mutating func conversation(
    _ object: [String: JSONValue], key: String
  ) throws(LineProblem) -> [ChatMessage] {
    var rest = object
    for name in ["messages", "conversation", "full_text", "text", "content", "prompt", "question"] {
      guard let inner = rest[name].filled, object["role"] == nil, object["from"] == nil else {
        continue
      }
      rest[name] = nil
      if row.id == nil, let id = rest.removeValue(forKey: "id"), id != .null {
        row.setID(id, key: "\(key).id")
      }
      for (name, value) in rest where value != .null {
        if members[name] == nil {
          members[name] = value
        } else {
          members["\(key).\(name)"] = value
        }
      }
      return try conversation(inner, key: key)
    }
    var reader = TurnReader(key: key)
    let turns = try reader.message(.object(object))
    row.add(reader)
    return turns
  }

  // MARK: - Answers

  private mutating func readAnswers() throws(LineProblem) {
    if let better = keys.better, let worse = keys.worse, !prefersNumberedAnswers(better) {
      try readPair(better, worse)
      // Stack Exchange's pairs of one question share their answers.
      if ColumnWords.word(better) == "responsej" { row.grouping = .pairs(row.id ?? "") }
      return
    }
    if keys.isWorseAlone, let worse = keys.worse, row.messages.last?.role == .assistant {
      try readWorseAlone(worse)
      if !candidates.isEmpty { return }
    }
    for key in keys.answers {
      guard let value = members[key.name], !isEmptyCell(value) else { continue }
      var reader = CandidateReader(key: key.name)
      let read =
        key.number == nil || keys.isManual
        ? try reader.list(value) : try [reader.one(value)].compactMap(\.self)
      members[key.name] = nil
      take(reader)
      if readSteps(read, value) { continue }
      if read.count == 1 {
        add(read[0], key)
      } else {
        for candidate in read { add(candidate, nil) }
        readLists(key, count: read.count)
      }
    }
    // One filled column of several is a mistake: as a mere reference it would not be seen.
    if keys.answers.count > 1, candidates.count == 1 {
      throw .responseCount(1)
    }
  }

  // Stepwise supervision: the texts are the steps of one answer, each with its label.
  private mutating func readSteps(_ read: [Candidate], _ value: JSONValue) -> Bool {
    guard let steps = value.arrayValue, let labels = members["labels"]?.arrayValue, !steps.isEmpty,
      labels.count == steps.count, read.count == steps.count,
      labels.allSatisfy({ $0.boolValue != nil })
    else { return false }
    let text = steps.compactMap(\.stringValue).joined(separator: "\n")
    add(Candidate([ChatMessage(role: .assistant, content: text)], key: "completions"), nil)
    members["steps"] = value
    return true
  }

  private func isEmptyCell(_ value: JSONValue) -> Bool {
    Optional(value).filled == nil || value == .array([])
  }

  /// Whether “winner” and its likes name one of the numbered answers.
  private func prefersNumberedAnswers(_ better: String) -> Bool {
    guard !keys.isManual, keys.answers.count > 1, let value = members[better] else { return false }
    let context = VerdictContext(
      keys.answers.map(\.number),
      sources: keys.answers.map { $0.source.flatMap { members[$0]?.stringValue } },
      names: keys.answers.map(\.name), texts: [])
    return context.verdict(value, key: better) != nil
  }

  private mutating func add(_ candidate: Candidate, _ key: RowKeys.AnswerKey?) {
    var candidate = candidate
    if candidate.source == nil, let name = key?.source,
      let source = members[name].filled?.stringValue
    {
      candidate.source = source
      members[name] = nil
    }
    if candidate.place == nil, let name = key?.score, let score = members[name]?.number {
      candidate.place = keys.moreIsBetter ? -score : score
    }
    candidates.append(candidate)
    names.append(key)
  }

  // Sources and scores of a list of answers, in lists of the same length.
  private mutating func readLists(_ key: RowKeys.AnswerKey, count: Int) {
    let start = candidates.count - count
    for name in keys.sourceLists + [key.source].compactMap(\.self) {
      guard let sources = list(name), sources.count == count else { continue }
      for index in 0..<count where candidates[start + index].source == nil {
        candidates[start + index].source = sources[index].stringValue
      }
      if sources.allSatisfy({ $0.stringValue != nil }) { members[name] = nil }
    }
    for (name, moreIsBetter) in keys.scoreLists {
      guard let scores = list(name), scores.count == count else { continue }
      for index in 0..<count where candidates[start + index].place == nil {
        candidates[start + index].place = scores[index].number.map { moreIsBetter ? -$0 : $0 }
      }
    }
  }

  private func list(_ name: String) -> [JSONValue]? {
    members[name]?.arrayValue
      ?? members[name]?.stringValue.flatMap(StructuredText.parsed)?.arrayValue
  }

  private mutating func readPair(_ better: String, _ worse: String) throws(LineProblem) {
    for (key, place) in [(better, 1.0), (worse, 2.0)] {
      var reader = CandidateReader(key: key)
      let value = members.removeValue(forKey: key) ?? .null
      var read = [Candidate]()
      // Several answers may be rejected: a list of texts.
      if let values = value.arrayValue, !values.isEmpty, !TurnReader.isConversation(value) {
        for value in values { if let one = try reader.one(value) { read.append(one) } }
      } else if let one = try reader.one(value) {
        read = [one]
      }
      take(reader)
      // A missing side is an empty answer, which is refused: the other alone says nothing.
      if read.isEmpty { read = [Candidate([ChatMessage(role: .assistant, content: "")], key: key)] }
      let source = (key == better ? keys.betterSource : keys.worseSource)
      for var candidate in read {
        candidate.place = place
        add(candidate, RowKeys.AnswerKey(name: key, source: source))
      }
    }
  }

  // The better answer ends the conversation, the other has a key.
  private mutating func readWorseAlone(_ worse: String) throws(LineProblem) {
    guard let value = members[worse].filled else { return }
    var reader = CandidateReader(key: worse)
    guard var other = try reader.one(value) else { return }
    members[worse] = nil
    take(reader)
    other.place = 2
    var best = Candidate(row.messages, key: promptKey ?? "messages")
    best.place = 1
    if !other.isWhole { best.turns = [row.messages.removeLast()] } else { row.messages = [] }
    candidates = [best, other]
    names = [nil, nil]
  }

  private mutating func take(_ reader: CandidateReader) {
    row.findings.formUnion(reader.findings)
    row.turnDetails += reader.turnDetails
  }

  // MARK: - Together

  private mutating func split(allowsLaterTurns: Bool) throws(LineProblem) {
    let isZipped = zipTurns()
    let asked = row.messages.filter { $0.role != .system }
    // “messages” of UltraFeedback's pairs is the prompt with the chosen answer.
    var prompt = asked
    if asked.last?.role == .assistant, let last = asked.last, !candidates.isEmpty,
      candidates.contains(where: {
        $0.turns.last.map { ConversationSplit.isSame($0, last) } == true
      })
    {
      prompt.removeLast()
    }
    let split = try ConversationSplit(
      candidates, after: prompt, promptKey: promptKey,
      allowsLaterTurns: allowsLaterTurns || isZipped)
    let system = row.messages.filter { $0.role == .system }
    row.messages = system + split.prompt
    if let text = split.system {
      if system.isEmpty {
        row.messages.insert(ChatMessage(role: .system, content: text), at: 0)
      } else if system.map(\.content).joined(separator: "\n\n").trimmed != text.trimmed {
        row.keep("system", .string(text))
      }
    }
    row.answers = zip(candidates, split.answers).map { candidate, turns in
      if turns.contains(where: { !$0.toolCalls.isEmpty }) {
        row.findings.insert(RowFinding(.toolCalls))
      }
      if turns.contains(where: { $0.role == .user }) {
        row.findings.insert(RowFinding(.laterTurns))
      }
      return ImportedRow.Answer(
        text: AnswerText.text(turns), source: candidate.source, place: candidate.place,
        details: candidate.details)
    }
  }

  // The Arena's tables: lists of questions and, for each answer, of replies in turn.
  private mutating func zipTurns() -> Bool {
    guard row.messages.count == 1, candidates.count > 1,
      let questions = StructuredText.texts(row.messages[0].content)
    else { return false }
    let replies = candidates.map {
      $0.turns.count == 1 ? StructuredText.texts($0.turns[0].content) : nil
    }
    guard replies.allSatisfy({ $0?.count == questions.count }) else { return false }
    for index in candidates.indices {
      candidates[index].turns = zip(questions, replies[index] ?? []).flatMap { question, reply in
        [
          ChatMessage(role: .user, content: question.stringValue ?? ""),
          ChatMessage(role: .assistant, content: reply.stringValue ?? ""),
        ]
      }
    }
    row.messages = []
    return true
  }

  private mutating func addSystem() {
    for name in keys.system {
      guard let text = members[name]?.stringValue else { continue }
      let known = row.messages.filter { $0.role == .system }.map(\.content.trimmed)
      if text.isBlank || known.contains(text.trimmed) {
        members[name] = nil
      } else if known.isEmpty {
        members[name] = nil
        row.messages.insert(ChatMessage(role: .system, content: text), at: 0)
      }
    }
  }

  // Data for supervised tuning: the last turn is an answer and no part of the prompt.
  private mutating func takeLastTurn() {
    guard row.answers.isEmpty, let last = row.messages.last, last.role == .assistant,
      row.messages.contains(where: { $0.role == .user })
    else { return }
    row.messages.removeLast()
    if last.isBlank { return }
    if !last.toolCalls.isEmpty { row.findings.insert(RowFinding(.toolCalls)) }
    row.answers = [ImportedRow.Answer(text: AnswerText.text(last))]
    row.isLastTurn = true
  }

  // MARK: - Judgements

  private mutating func readVerdicts() {
    let context = VerdictContext(
      names.count == row.answers.count ? names.map { $0?.number } : [],
      sources: row.answers.map(\.source),
      names: names.map { $0?.name ?? "" }, texts: row.answers.map(\.text))
    var reading = VerdictReading(members: members, keys: keys, context: context)
    if row.answers.count >= 2 { reading.read() }
    members = reading.members
    row.verdicts = reading.verdicts
    row.hasNamedJudge = reading.hasNamedJudge
    row.findings.formUnion(reading.findings)
  }

  private mutating func keepRest() {
    for (name, value) in members where value != .null { row.keep(name, value) }
  }
}
