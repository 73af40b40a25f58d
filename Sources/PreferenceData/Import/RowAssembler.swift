import Foundation

/// Turns the rows of a file into prompts: reads each in its own shape, joins rows of one prompt, and
/// collects the notices.
struct RowAssembler {
  typealias Row = ImportReader.Row

  private let plan: ImportPlan
  private let log: ImportNoticeLog
  private var reading: RowReading
  private var groups: RowGroups
  private var seen = SeenRows()

  init(_ plan: ImportPlan, log: ImportNoticeLog, window: RowWindow = RowWindow()) {
    groups = RowGroups(window)
    self.plan = plan
    self.log = log
    reading = RowReading(plan)
  }

  /// Reads one row of the container; returns what is complete by now.
  mutating func take(_ row: RowCutter.Row) -> [Row] {
    do {
      let value = ImportReader.element(try row.value.get(), in: plan.container, split: row.split)
      return try take(value, line: row.line)
    } catch {
      return [.failure(LineError(line: row.line, problem: error))]
    }
  }

  /// Returns the rows that waited for others of their prompt.
  mutating func finish() -> [Row] {
    var rows: [Row] = []
    for (group, count) in groups.finish() { rows += complete(group, count: count) }
    return rows
  }

  private mutating func take(_ value: JSONValue, line: Int) throws(LineProblem) -> [Row] {
    // A bare text is a prompt: lists of questions are often no more than that.
    if case .string = value, plan.shape != .rankings {
      return own(try PromptRecord.own(["prompt": value]), line: line)
    }
    guard case .object(let members) = value else { throw .notAnObject(found: value.kind) }
    guard members.count <= ImportPlan.mostColumns else {
      throw .notJSON(
        "the row has \(members.count) keys, and \(ImportPlan.mostColumns) are read at most")
    }
    guard plan.isAutomatic else { return try read(members, as: plan.shape, line: line) }
    let shape = reading.shape(of: members)
    let isTable = plan.shape == .columns && (shape == .prompts || shape == .columns)
    if shape != plan.shape, !isTable {
      log.add([RowFinding(.otherShape, shape.rawValue)], line: line)
    }
    return try read(members, as: isTable ? .columns : shape, line: line)
  }

  private mutating func read(
    _ members: [String: JSONValue], as shape: ImportShape, line: Int
  ) throws(LineProblem) -> [Row] {
    switch shape {
    case .prompts: return try readOwn(members, line: line)
    case .rankings:
      throw .inconsistent(
        key: "ranking", reason: "makes this a judgement; import the file as rankings")
    default: return join(try reading.rows(members, as: shape), shape, line: line)
    }
  }

  // Our own keys may hold another tool's content: parts, tools, other names of speakers.
  private mutating func readOwn(
    _ members: [String: JSONValue], line: Int
  ) throws(LineProblem) -> [Row] {
    let problem: LineProblem
    do throws(LineProblem) {
      return own(try PromptRecord.own(members), line: line)
    } catch {
      problem = error
    }
    do throws(LineProblem) {
      var row = try reading.anyRow(members)
      let isWhole =
        (row.answers.count >= 2 || members["responses"].filled == nil)
        && (row.metadata["messages"] == nil || members["messages"] == .array([]))
      guard isWhole else { throw problem }
      if let own = members["metadata"]?.objectValue {
        row.metadata["metadata"] = nil
        row.metadata.merge(own) { _, own in own }
      }
      var trial = row
      _ = try trial.record(from: .prompts)
      return join(row, .prompts, line: line)
    } catch {
      switch error {
      case .badTurn, .emptyTurn: throw error
      default: throw problem
      }
    }
  }

  private mutating func own(_ record: PromptRecord, line: Int) -> [Row] {
    var record = record
    var findings = RowFindings.of(record, record.metadata)
    if let text = record.metadata["language"]?.stringValue {
      var row = ImportedRow()
      row.keep("language", .string(text))
      if row.metadata["language"] == nil { record.metadata["language"] = nil }
      record.metadata.merge(row.metadata) { _, new in new }
      findings.formUnion(row.findings)
    }
    if !findings.isEmpty { log.add(findings, line: line) }
    return [.success(NumberedRecord(line: line, record: record))]
  }

  private mutating func join(_ rows: [ImportedRow], _ shape: ImportShape, line: Int) -> [Row] {
    var found: [Row] = []
    for row in rows { found += join(row, shape, line: line) }
    return found
  }

  private mutating func join(_ row: ImportedRow, _ shape: ImportShape, line: Int) -> [Row] {
    var row = row
    if row.grouping == nil {
      if row.answers.count == 1, row.verdicts.isEmpty { row.grouping = .answers }
      if row.hasNamedJudge, row.answers.count >= 2 { row.grouping = .judgements }
    }
    let group = RowGroup(row, shape, line: line)
    guard row.grouping != nil else { return complete(group, count: 1) }
    var rows: [Row] = []
    for (group, count) in groups.add(group) { rows += complete(group, count: count) }
    return rows
  }

  private mutating func complete(_ group: RowGroup, count: Int) -> [Row] {
    var row = group.row
    do {
      var record = try row.record(from: group.shape)
      if count > 1 { log.add([RowFinding(.grouped)], line: group.line, times: count - 1) }
      if group.isLate { row.findings.insert(RowFinding(.farApart)) }
      seen.add(&record, &row.findings)
      if !row.findings.isEmpty { log.add(row.findings, line: group.line) }
      return [.success(NumberedRecord(line: group.line, record: record))]
    } catch {
      return [.failure(LineError(line: group.line, problem: error))]
    }
  }
}

/// The ids and contents of the foreign rows so far, as hashes: 16 bytes for each row.
private struct SeenRows {
  private var ids: Set<Int> = []
  private var contents: Set<Int> = []
  /// The next number to try after an id that several rows have.
  private var nextNumbers: [Int: Int] = [:]

  /// Adds a row, with a number after an id that a row with other answers has. A repetition of a row
  /// keeps its id: the store skips it.
  mutating func add(_ record: inout PromptRecord, _ findings: inout Set<RowFinding>) {
    var hasher = Hasher()
    hasher.combine(record.messages)
    hasher.combine(record.responses.map(\.text))
    guard contents.insert(hasher.finalize()).inserted, let id = record.id,
      !ids.insert(id.hashValue).inserted
    else { return }
    var number = nextNumbers[id.hashValue] ?? 2
    while !ids.insert("\(id)-\(number)".hashValue).inserted { number += 1 }
    nextNumbers[id.hashValue] = number + 1
    let free = "\(id)-\(number)"
    record.id = PromptRecord.isID(free) ? free : nil
    findings.insert(RowFinding(.repeatedID))
  }
}
