/// Rows of one prompt that may become one.
struct RowGroup {
  /// A row as it was read.
  struct Member {
    var row: ImportedRow
    let line: Int
  }

  let shape: ImportShape
  private(set) var members: [Member]
  /// Whether an earlier group of the same prompt was complete before.
  var isLate = false
  /// The size of the texts in bytes, for the limit of `RowGroups`.
  private(set) var size: Int

  init(_ row: ImportedRow, _ shape: ImportShape, line: Int) {
    self.shape = shape
    members = [Member(row: row, line: line)]
    size =
      200 + row.messages.reduce(0) { $0 + $1.content.utf8.count }
      + row.answers.reduce(0) { $0 + $1.text.utf8.count }
  }

  private init(_ shape: ImportShape, _ members: [Member], isLate: Bool) {
    self.shape = shape
    self.members = members
    self.isLate = isLate
    size = 0
  }

  /// The first row, or what the rows are together.
  var row: ImportedRow { members[0].row }
  var line: Int { members[0].line }

  /// The prompt, or the prompt with its answers in any order.
  var key: Int {
    var hasher = Hasher()
    hasher.combine(row.messages)
    if row.grouping == .judgements { hasher.combine(row.answers.map(\.text).sorted()) }
    if case .pairs(let key) = row.grouping { hasher.combine(key) }
    return hasher.finalize()
  }

  /// Adds the row of another group of the same prompt.
  mutating func add(_ other: RowGroup) {
    size += other.size
    for var member in other.members {
      // One copy of the prompt is enough.
      member.row.messages = row.messages
      members.append(member)
    }
  }

  /// Returns what the rows are together: one row, or each alone if they cannot be one. `count` is
  /// the number of rows in each.
  func joined() -> [(group: RowGroup, count: Int)] {
    if members.count > 1, let row = together() {
      let one = RowGroup(shape, [Member(row: row, line: line)], isLate: isLate)
      return [(one, members.count)]
    }
    return members.map { (RowGroup(shape, [$0], isLate: isLate), 1) }
  }

  private func together() -> ImportedRow? {
    var row: ImportedRow?
    switch members[0].row.grouping {
    case .answers: row = withAllAnswers()
    case .judgements: row = withAllJudgements()
    case .pairs: row = withAllPairs()
    case nil: return nil
    }
    for member in members { row?.findings.formUnion(member.row.findings) }
    return row
  }

  // What differs between the rows is said of each answer.
  private func withAllAnswers() -> ImportedRow? {
    let answered = members.filter { !$0.row.answers.isEmpty }
    // Rows with the same answer repeat each other.
    guard let first = answered.first?.row.answers.first,
      answered.count == 1
        || answered.contains(where: { !($0.row.answers[0].text.hasSameBytes(as: first.text)) })
    else { return nil }
    var row = row
    row.id = members.lazy.compactMap(\.row.id).first
    row.answers = answered.flatMap(\.row.answers)
    row.turnDetails = members.flatMap(\.row.turnDetails)
    if answered.count == 1 {
      for member in members { row.metadata.merge(member.row.metadata) { own, _ in own } }
      return row
    }
    row.metadata = [:]
    for name in Set(answered.flatMap { $0.row.metadata.keys }) {
      let values = answered.map { $0.row.metadata[name] }
      // Numbers are scores, which belong to each answer even if they are equal.
      if let value = values[0], value.doubleValue == nil, value.boolValue == nil,
        values.allSatisfy({ $0 == value })
      {
        row.metadata[name] = value
      } else {
        for (index, value) in values.enumerated() { row.answers[index].details[name] = value }
      }
    }
    for (index, member) in answered.enumerated() {
      guard let id = member.row.id, id != row.id else { continue }
      row.answers[index].details["id"] = .string(id)
    }
    return row
  }

  private func withAllJudgements() -> ImportedRow {
    var row = row
    for member in members.dropFirst() {
      let places = member.row.answers.map { answer in
        row.answers.firstIndex { $0.text.hasSameBytes(as: answer.text) } ?? 0
      }
      for var verdict in member.row.verdicts {
        verdict.ranking = verdict.ranking.map { $0.map { places[$0] } }
        // What differs between the rows belongs to the judgement.
        for (name, value) in member.row.metadata where row.metadata[name] != value {
          verdict.details[name] = value
        }
        if let id = member.row.id, id != row.id { verdict.details["id"] = .string(id) }
        if !row.verdicts.contains(verdict) { row.verdicts.append(verdict) }
      }
    }
    return row
  }
}

extension RowGroup {
  /// The most answers whose pairs are put into one order.
  private static let mostPaired = 50

  // Pairs of one prompt are one row if an order says exactly what they say.
  private func withAllPairs() -> ImportedRow? {
    var row = row
    for member in members.dropFirst() {
      for answer in member.row.answers
      where !row.answers.contains(where: { $0.text.hasSameBytes(as: answer.text) }) {
        row.answers.append(answer)
      }
      guard row.answers.count <= Self.mostPaired else { return nil }
      for (name, value) in member.row.metadata where row.metadata[name] != value {
        row.keep(name, value)
      }
    }
    guard row.answers.count > 2, let ranking = PairwiseOrder.ranking(comparisons(of: row)) else {
      return nil
    }
    for (place, group) in ranking.enumerated() {
      for index in group { row.answers[index].place = Double(place + 1) }
    }
    return row
  }

  /// Which answer of a row is better than which, by all pairs and what follows from them.
  private func comparisons(of row: ImportedRow) -> [[Bool]] {
    var better = row.answers.map { _ in row.answers.map { _ in false } }
    for member in members {
      let answers = member.row.answers
      let places = answers.map { answer in
        row.answers.firstIndex { $0.text.hasSameBytes(as: answer.text) }
      }
      for (index, one) in answers.enumerated() {
        for (other, two) in answers.enumerated() {
          guard let first = one.place, let second = two.place, first < second,
            let winner = places[index], let loser = places[other]
          else { continue }
          better[winner][loser] = true
        }
      }
    }
    return PairwiseOrder.closed(better)
  }
}
