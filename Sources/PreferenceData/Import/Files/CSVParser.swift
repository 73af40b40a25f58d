/// Reads delimited text with a header as rows, never holding more than one record and the chunk.
///
/// Blank lines and rows without any text are passed over. Short rows are filled up, and what follows
/// the last named column may be empty.
package struct CSVParser: Sendable {
  /// Counts of rows that were passed over or filled up.
  package struct Tally: Sendable, Hashable {
    package var blankRows = 0
    package var shortRows = 0
  }

  private var cutter: CSVRecordCutter
  private var rowsToSkip: Int
  private(set) var columns: [String]?
  /// The columns that the header does not name. Their empty cells mean nothing.
  private var unnamed: Set<Int> = []
  private var filledUnnamed: Set<Int> = []
  package private(set) var tally = Tally()

  package init(_ dialect: CSVDialect = CSVDialect(), limit: Int = LineSplitter.defaultLimit) {
    cutter = CSVRecordCutter(dialect: dialect, limit: limit)
    rowsToSkip = dialect.titleRows + (dialect.hasDelimiterLine ? 1 : 0)
  }

  package mutating func feed(
    _ chunk: some Collection<UInt8>, _ body: (RowCutter.Row) throws -> Void
  ) rethrows {
    // The cutter's closure cannot change this structure, so the records are taken from outside.
    var records: [CSVRecordCutter.Record] = []
    for byte in chunk {
      cutter.take(byte) { records.append($0) }
      guard !records.isEmpty else { continue }
      for record in records { try take(record, body) }
      records.removeAll(keepingCapacity: true)
    }
  }

  package mutating func finish(_ body: (RowCutter.Row) throws -> Void) rethrows {
    var records: [CSVRecordCutter.Record] = []
    cutter.finish { records.append($0) }
    for record in records { try take(record, body) }
  }

  private mutating func take(
    _ record: CSVRecordCutter.Record, _ body: (RowCutter.Row) throws -> Void
  ) rethrows {
    guard !record.isBlank || record.problem != nil else {
      tally.blankRows += 1
      return
    }
    if rowsToSkip > 0 {
      rowsToSkip -= 1
      return
    }
    let value = Result { () throws(LineProblem) -> JSONValue? in
      guard let columns else {
        // Without a header nothing can be read: the rows that follow would be guesses.
        columns = []
        columns = try header(record)
        return nil
      }
      return try self.value(record, columns)
    }
    switch value {
    case .success(nil): break
    case .success(let row?): try body(RowCutter.Row(line: record.line, value: .success(row)))
    case .failure(let problem):
      try body(RowCutter.Row(line: record.line, value: .failure(problem)))
    }
  }

  private mutating func header(
    _ record: CSVRecordCutter.Record
  ) throws(LineProblem) -> [String] {
    var names = try texts(record).map(\.trimmed)
    while names.last?.isEmpty == true, names.count > ImportPlan.mostColumns { names.removeLast() }
    guard names.count <= ImportPlan.mostColumns else {
      throw .csv(
        "the header has \(names.count) columns, and \(ImportPlan.mostColumns) are read at most")
    }
    var seen: Set<String> = []
    for name in names where !name.isEmpty && !seen.insert(name).inserted {
      throw .csv("two columns are called “\(name.quoted())”; rename one")
    }
    for (index, name) in names.enumerated() where name.isEmpty {
      unnamed.insert(index)
      var name = "column \(index + 1)"
      while !seen.insert(name).inserted { name += "'" }
      names[index] = name
    }
    return names
  }

  private mutating func value(
    _ record: CSVRecordCutter.Record, _ columns: [String]
  ) throws(LineProblem) -> JSONValue {
    if columns.isEmpty { throw .csv("the header cannot be read") }
    let texts = try texts(record)
    guard record.filledWidth <= columns.count else {
      throw .csv("\(record.filledWidth) fields, where the header has \(columns.count)")
    }
    if texts.count < columns.count - trailingUnnamed(columns.count) { tally.shortRows += 1 }
    var members: [String: JSONValue] = [:]
    members.reserveCapacity(columns.count)
    for (index, name) in columns.enumerated() {
      let text = index < texts.count ? texts[index] : ""
      if unnamed.contains(index) {
        if text.isBlank { continue }
        filledUnnamed.insert(index)
      }
      members[name] = .string(text)
    }
    return .object(members)
  }

  private func trailingUnnamed(_ count: Int) -> Int {
    var index = count
    while unnamed.contains(index - 1) { index -= 1 }
    return count - index
  }

  private func texts(_ record: CSVRecordCutter.Record) throws(LineProblem) -> [String] {
    if let problem = record.problem { throw problem }
    var texts: [String] = []
    texts.reserveCapacity(record.cells.count)
    for cell in record.cells {
      guard let text = String(validating: cell, as: UTF8.self) else {
        throw .notUTF8(byte: (cell.firstInvalidUTF8 ?? 0) + 1)
      }
      if cell.contains(0) { throw .zeroByte }
      texts.append(text)
    }
    return texts
  }
}

extension CSVParser {
  /// The columns with a name or with text, in the rows so far.
  package var visibleColumns: [String] {
    (columns ?? []).enumerated()
      .filter { !unnamed.contains($0.offset) || filledUnnamed.contains($0.offset) }.map(\.element)
  }

  /// The number of columns without name and text, in the rows so far.
  package var emptyColumns: Int { unnamed.count - filledUnnamed.count }
}
