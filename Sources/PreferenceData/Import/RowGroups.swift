/// Rows of one prompt that become one.
struct RowGroup {
  var row: ImportedRow
  let shape: ImportShape
  /// The line of the first row.
  let line: Int
  /// How many rows it has.
  private(set) var lines = 1
  /// Whether an earlier group of the same prompt was complete before.
  var isLate = false
  /// The size of the texts in bytes.
  private(set) var size: Int
  /// The metadata of each answer, where the rows differ.
  private var metadata: [[String: JSONValue]]
  private var ids: [String?]
  /// The rows of a better and a worse answer.
  private var pairs: [ImportedRow] = []

  init(_ row: ImportedRow, _ shape: ImportShape, line: Int) {
    self.row = row
    self.shape = shape
    self.line = line
    metadata = row.answers.isEmpty ? [] : [row.metadata]
    ids = row.answers.isEmpty ? [] : [row.id]
    size =
      200 + row.messages.reduce(0) { $0 + $1.content.utf8.count }
      + row.answers.reduce(0) { $0 + $1.text.utf8.count }
  }

  /// The prompt, or the prompt with its answers in any order.
  var key: Int {
    var hasher = Hasher()
    hasher.combine(row.messages)
    if row.grouping == .judgements { hasher.combine(row.answers.map(\.text).sorted()) }
    if case .pairs(let key) = row.grouping { hasher.combine(key) }
    return hasher.finalize()
  }

  /// Adds another row of the same prompt.
  mutating func add(_ other: RowGroup) {
    lines += 1
    size += other.size
    if case .pairs = row.grouping {} else { row.findings.formUnion(other.row.findings) }
    switch row.grouping {
    case .judgements: addJudgements(of: other.row)
    case .pairs: pairs.append(other.row)
    default: addAnswers(of: other)
    }
  }

  private mutating func addJudgements(of other: ImportedRow) {
    let places = other.answers.map { answer in
      row.answers.firstIndex { $0.text == answer.text } ?? 0
    }
    for var verdict in other.verdicts {
      verdict.ranking = verdict.ranking.map { $0.map { places[$0] } }
      // What differs between the rows belongs to the judgement.
      for (name, value) in other.metadata where row.metadata[name] != value {
        verdict.details[name] = value
      }
      if let id = other.id, id != row.id { verdict.details["id"] = .string(id) }
      row.verdicts.append(verdict)
    }
  }

  private mutating func addAnswers(of other: RowGroup) {
    if row.id == nil { row.id = other.row.id }
    row.answers += other.row.answers
    metadata += other.metadata
    ids += other.ids
  }

  /// What the rows are together: one row, or the rows of pairs that cannot be one.
  func joined() -> [RowGroup] {
    if lines == 1 { return [self] }
    switch row.grouping {
    case .pairs: return joinedPairs()
    case .answers: return [joinedAnswers()]
    default: return [self]
    }
  }

  // What differs between the rows is said of each answer.
  private func joinedAnswers() -> RowGroup {
    guard metadata.count == row.answers.count else { return self }
    var group = self
    guard row.answers.count > 1 else {
      group.row.metadata.merge(metadata.first ?? [:]) { own, _ in own }
      return group
    }
    let names = Set(metadata.flatMap(\.keys))
    group.row.metadata = [:]
    for name in names {
      let values = metadata.map { $0[name] }
      // Numbers are scores, which belong to each answer even if they are equal.
      if let value = values[0], value.doubleValue == nil, value.boolValue == nil,
        values.allSatisfy({ $0 == value })
      {
        group.row.metadata[name] = value
      } else {
        for (index, value) in values.enumerated() { group.row.answers[index].details[name] = value }
      }
    }
    for (index, id) in ids.enumerated() where id != nil && id != group.row.id {
      group.row.answers[index].details["id"] = id.map { .string($0) }
    }
    return group
  }
}

extension RowGroup {
  /// The most answers whose pairs are put into one order.
  private static let mostPaired = 50

  // Pairs of one prompt are one row if an order says exactly what they say.
  private func joinedPairs() -> [RowGroup] {
    var all = row
    for pair in pairs {
      for answer in pair.answers where !all.answers.contains(where: { $0.text == answer.text }) {
        all.answers.append(answer)
      }
    }
    let alone = ([row] + pairs).map { RowGroup($0, shape, line: line) }
    guard all.answers.count <= Self.mostPaired else { return alone }
    var better = all.answers.map { _ in all.answers.map { _ in false } }
    for pair in [row] + pairs {
      let places = pair.answers.map { answer in all.answers.firstIndex { $0.text == answer.text } }
      for (index, one) in pair.answers.enumerated() {
        for (other, two) in pair.answers.enumerated() {
          guard let first = one.place, let second = two.place, first < second,
            let winner = places[index], let loser = places[other]
          else { continue }
          better[winner][loser] = true
        }
      }
    }
    guard let ranking = PairwiseOrder.ranking(PairwiseOrder.closed(better)) else { return alone }
    for (place, group) in ranking.enumerated() {
      for index in group { all.answers[index].place = Double(place + 1) }
    }
    for pair in pairs {
      for (name, value) in pair.metadata where all.metadata[name] != value {
        all.keep("\(name)_of_other_row", value)
      }
    }
    var group = self
    group.row = all
    return [group]
  }
}

/// The groups that may still receive rows: the last few thousand, or those of the last megabytes.
///
/// Rows of one prompt usually follow each other or are a shuffled file's length apart. Memory is
/// bounded, so rows that are further apart become prompts of their own, with a notice.
struct RowGroups {
  static let mostRows = 40_000
  static let mostBytes = 32 << 20

  private var open: [Int: RowGroup] = [:]
  private var order: ArraySlice<Int> = []
  private var bytes = 0
  private var closed: Set<Int> = []

  /// Adds a row to its group; returns the oldest groups when there are too many.
  mutating func add(_ group: RowGroup) -> [RowGroup] {
    let key = group.key
    bytes += group.size
    if open[key]?.add(group) == nil {
      open[key] = group
      if closed.contains(key) { open[key]?.isLate = true }
      order.append(key)
    }
    var complete: [RowGroup] = []
    while order.count > Self.mostRows || bytes > Self.mostBytes, let oldest = order.popFirst() {
      guard let group = open.removeValue(forKey: oldest) else { continue }
      bytes -= group.size
      closed.insert(oldest)
      complete += group.joined()
    }
    return complete
  }

  /// Returns all groups that are left, in the order of their first rows.
  mutating func finish() -> [RowGroup] {
    defer { self = RowGroups() }
    return order.flatMap { open[$0]?.joined() ?? [] }
  }
}
