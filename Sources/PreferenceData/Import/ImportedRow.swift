/// Gathers what a foreign row says, and checks it into a prompt.
struct ImportedRow {
  var id: String?
  var messages: [ChatMessage] = []
  var answers: [Answer] = []
  /// Judgements of people on the answers, by their positions in `answers`.
  var verdicts: [ImportedJudgement] = []
  var metadata: [String: JSONValue] = [:]
  var findings: Set<RowFinding> = []
  /// Members of messages that are not shown, such as weights.
  var turnDetails: [JSONValue] = []
  /// The person whose scores order the answers.
  var scorer: String?
  /// Whether the row names the person whose judgement it contains.
  var hasNamedJudge = false
  /// Whether the only answer is the last turn of a conversation, not a separate field.
  var isLastTurn = false
  /// The other rows that this one may be joined with; nil if it stays alone.
  var grouping: Grouping?

  struct Answer: Equatable {
    var text: String
    var source: String?
    /// Lower is better; answers without one are unranked.
    var place: Double?
    /// The other fields of this answer.
    var details: [String: JSONValue] = [:]
  }

  /// The reason to join rows.
  enum Grouping: Equatable {
    /// Each row has one answer to the prompt.
    case answers
    /// Each row has the judgement of one person on the same answers.
    case judgements
    /// Each row has a better and a worse answer to the prompt with this key.
    case pairs(String)
  }

  mutating func add(_ reader: TurnReader) {
    findings.formUnion(reader.findings)
    turnDetails += reader.details
  }

  /// Returns the prompt. The preference and a lone answer become metadata too.
  ///
  /// Empty answers and repetitions are left out and counted: other people's data have many, and
  /// none of them can be ranked. One answer alone becomes the metadata `reference`.
  mutating func record(from shape: ImportShape) throws(LineProblem) -> PromptRecord {
    // A transcript ends with the empty turn that the answers fill.
    if messages.last?.role == .assistant, messages.last?.isBlank == true { messages.removeLast() }
    messages.removeAll { $0.role == .system && $0.content.isBlank }
    try PromptRecord.check(messages)
    let (kept, places) = try keptAnswers()
    if kept.count == 1 { metadata["reference"] = .string(kept[0].text) }
    let responses = kept.count < 2 ? [] : kept
    keepDetails(of: kept, lone: responses.isEmpty)
    var record = PromptRecord(
      id: id, messages: messages,
      responses: responses.map { .init(text: $0.text, source: $0.source) })
    let judgements = judgements(responses, places)
    if responses.isEmpty {
      if !verdicts.isEmpty {
        metadata["imported_judgements"] = .array(verdicts.map { Self.json($0, from: shape) })
      }
    } else {
      record.judgements = judgements
      if judgements.count == 1, !judgements[0].ranking.isEmpty {
        metadata["preference"] = [
          "from": .string(shape.rawValue), "ranking": Self.numbers(judgements[0].ranking),
        ]
      }
    }
    if !turnDetails.isEmpty { metadata["turn_details"] = .array(turnDetails) }
    findings.formUnion(RowFindings.of(record, metadata))
    record.metadata = metadata
    return record
  }

  /// Returns the answers to rank, and the place of each answer of the row among them.
  private mutating func keptAnswers() throws(LineProblem) -> ([Answer], [Int?]) {
    var kept: [Answer] = []
    var places: [Int?] = []
    // By their bytes: `String` also takes other ways of writing an accent for the same.
    var known: [[UInt8]: Int] = [:]
    for answer in answers {
      if answer.text.isBlank {
        places.append(nil)
      } else if let place = known[Array(answer.text.utf8)] {
        places.append(place)
      } else {
        known[Array(answer.text.utf8)] = kept.count
        places.append(kept.count)
        kept.append(answer)
      }
    }
    if kept.count < answers.count, answers.count > 1 {
      if kept.count < 2, grouping == nil { throw .responseCount(kept.count) }
      metadata["answers_left_out"] = .integer(answers.count - kept.count)
      findings.insert(RowFinding(.leftOutAnswers))
    }
    return limited(kept, places)
  }

  // One screen ranks nine: the best nine stay, or the first nine.
  private mutating func limited(_ kept: [Answer], _ places: [Int?]) -> ([Answer], [Int?]) {
    let most = PromptRecord.responseCounts.upperBound
    guard kept.count > most else { return (kept, places) }
    let order = kept.indices.sorted {
      (kept[$0].place ?? .infinity, $0) < (kept[$1].place ?? .infinity, $1)
    }
    let chosen = order.prefix(most).sorted()
    metadata["other_answers"] = .array(
      order.dropFirst(most).sorted().map { index in
        var members = kept[index].details
        members["text"] = .string(kept[index].text)
        if let source = kept[index].source { members["source"] = .string(source) }
        return .object(members)
      })
    findings.insert(RowFinding(.furtherAnswers))
    return (chosen.map { kept[$0] }, places.map { $0.flatMap { chosen.firstIndex(of: $0) } })
  }

  // What the file says of each answer, in the order of the answers.
  private mutating func keepDetails(of kept: [Answer], lone: Bool) {
    if lone {
      for answer in kept {
        for (name, value) in answer.details { keep(name, value) }
        if let source = answer.source { keep("source", .string(source)) }
      }
    } else if kept.contains(where: { !$0.details.isEmpty }) {
      metadata["by_answer"] = .array(kept.map { .object($0.details) })
    }
  }

  private func judgements(_ responses: [Answer], _ places: [Int?]) -> [ImportedJudgement] {
    guard !responses.isEmpty else { return [] }
    if verdicts.isEmpty {
      guard let ranking = Self.ranking(responses) else { return [] }
      return [ImportedJudgement(judge: scorer, ranking: ranking)]
    }
    return verdicts.compactMap { verdict in
      var verdict = verdict
      var seen: Set<Int> = []
      verdict.ranking = verdict.ranking.map { group in
        group.compactMap { places.indices.contains($0) ? places[$0] : nil }
          .filter { seen.insert($0).inserted }
      }.filter { !$0.isEmpty }
      if seen.count < 2 { verdict.ranking = [] }
      let saysMore = verdict.isBothBad || verdict.rationale != nil || !verdict.details.isEmpty
      return verdict.ranking.isEmpty && !saysMore ? nil : verdict
    }
  }

  /// The answers' positions, best first; ties share a group. Nil without places.
  static func ranking(_ answers: [Answer]) -> [[Int]]? {
    let placed = answers.enumerated().compactMap { index, answer in
      answer.place.map { (place: $0, index: index) }
    }
    guard placed.count >= 2 else { return nil }
    return Dictionary(grouping: placed, by: \.place).sorted { $0.key < $1.key }
      .map { $0.value.map(\.index).sorted() }
  }

  /// A ranking with the answers' numbers counted from 1.
  private static func numbers(_ ranking: [[Int]]) -> JSONValue {
    .array(ranking.map { .array($0.map { .integer($0 + 1) }) })
  }

  /// A judgement as metadata: the answers' numbers are counted from 1.
  static func json(_ judgement: ImportedJudgement, from shape: ImportShape) -> JSONValue {
    var members: [String: JSONValue] = [
      "from": .string(shape.rawValue),
      "ranking": numbers(judgement.ranking),
    ]
    if let judge = judgement.judge { members["judge"] = .string(judge) }
    if judgement.isBothBad { members["both_bad"] = true }
    if let rationale = judgement.rationale { members["rationale"] = .string(rationale) }
    if !judgement.details.isEmpty { members["details"] = .object(judgement.details) }
    return .object(members)
  }
}

extension String {
  /// Whether two texts are the same bytes. `==` also accepts other ways of writing an accent.
  func hasSameBytes(as other: String) -> Bool {
    utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
  }
}
