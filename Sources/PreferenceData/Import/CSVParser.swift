/// Cuts delimited text with a header into rows (RFC 4180), never holding more than one record and
/// the chunk. Line endings may be CRLF, LF or CR; blank lines are passed over.
package struct CSVParser: Sendable {
  private enum Place { case fieldStart, plain, quoted, quoteInQuoted }

  package let delimiter: UInt8
  package let limit: Int
  private(set) var columns: [String]?
  private var place = Place.fieldStart
  private var field: [UInt8] = []
  private var record: [[UInt8]] = []
  private var size = 0
  private var recordProblem: LineProblem?
  private var endedWithReturn = false
  private var isFirstByte = true
  private var line = 1
  private var firstLine = 1

  package init(delimiter: UInt8 = UInt8(ascii: ","), limit: Int = LineSplitter.defaultLimit) {
    self.delimiter = delimiter
    self.limit = limit
  }

  package mutating func feed(
    _ chunk: some Collection<UInt8>, _ body: (RowCutter.Row) throws -> Void
  ) rethrows {
    for byte in chunk { try take(byte, body) }
  }

  package mutating func finish(_ body: (RowCutter.Row) throws -> Void) rethrows {
    if place == .quoted {
      recordProblem = .csv("a field that begins on this line has no closing quote")
    }
    if place != .fieldStart || !record.isEmpty { try endRecord(body) }
  }

  private mutating func take(_ byte: UInt8, _ body: (RowCutter.Row) throws -> Void) rethrows {
    defer { endedWithReturn = byte == 0x0D }
    if byte == 0x0A, endedWithReturn, place != .quoted { return }
    if place == .quoted {
      if byte == UInt8(ascii: "\"") { place = .quoteInQuoted } else { keep(byte) }
      if byte == 0x0A { line += 1 }
      return
    }
    switch byte {
    case delimiter: endField()
    case 0x0A, 0x0D: try endLine(body)
    case UInt8(ascii: "\"") where place == .fieldStart && field.isEmpty: place = .quoted
    case UInt8(ascii: "\"") where place == .quoteInQuoted:
      keep(byte)
      place = .quoted
    default:
      if place == .quoteInQuoted {
        recordProblem = .csv("text follows a closing quote; write a quote inside a field twice")
      }
      place = .plain
      keep(byte)
      dropByteOrderMark()
    }
  }

  // The mark comes before the first field, whose quote may follow it.
  private mutating func dropByteOrderMark() {
    guard columns == nil, record.isEmpty, line == 1, field == [0xEF, 0xBB, 0xBF] else { return }
    field.removeAll()
    place = .fieldStart
  }

  private mutating func keep(_ byte: UInt8) {
    size += 1
    if size <= limit { field.append(byte) } else { recordProblem = .tooLong(limit: limit) }
  }

  private mutating func endField() {
    record.append(field)
    field.removeAll(keepingCapacity: true)
    place = .fieldStart
  }

  private mutating func endLine(_ body: (RowCutter.Row) throws -> Void) rethrows {
    let isBlank = record.isEmpty && field.isEmpty && place == .fieldStart
    if !isBlank { try endRecord(body) }
    line += 1
    firstLine = line
  }

  private mutating func endRecord(_ body: (RowCutter.Row) throws -> Void) rethrows {
    endField()
    defer {
      record.removeAll(keepingCapacity: true)
      size = 0
      recordProblem = nil
    }
    let row = RowCutter.Row(
      line: firstLine, value: Result { () throws(LineProblem) in try value() })
    if columns == nil {
      // Without a header nothing can be read: the rows that follow would be guesses.
      columns = (try? texts()).map { $0.count <= ImportPlan.mostColumns ? $0 : [] } ?? []
      if case .failure = row.value { try body(row) }
    } else {
      try body(row)
    }
  }

  private func value() throws(LineProblem) -> JSONValue {
    if let recordProblem { throw recordProblem }
    let texts = try texts()
    guard let columns else {
      guard texts.count <= ImportPlan.mostColumns else {
        throw .csv(
          "the header has \(texts.count) columns, and \(ImportPlan.mostColumns) are read at most")
      }
      var seen: Set<String> = []
      for name in texts where !seen.insert(name).inserted {
        throw .csv("two columns are called “\(name.quoted())”; rename one")
      }
      return .null
    }
    guard texts.count == columns.count else {
      throw .csv("\(texts.count) fields, where the header has \(columns.count)")
    }
    return .object(
      Dictionary(zip(columns, texts.map { .string($0) })) { first, _ in first })
  }

  private func texts() throws(LineProblem) -> [String] {
    var texts: [String] = []
    for field in record {
      guard let text = String(validating: field, as: UTF8.self) else {
        throw .notUTF8(byte: (field.firstInvalidUTF8 ?? 0) + 1)
      }
      texts.append(text)
    }
    return texts
  }
}

extension CSVParser {
  /// Returns the most frequent delimiter in the header, outside of quotes.
  package static func delimiter(in head: [UInt8], preferTab: Bool) -> UInt8 {
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    for byte in head {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if !isQuoted, byte == 0x0A || byte == 0x0D { break }
      if !isQuoted { counts[byte, default: 0] += 1 }
    }
    let candidates = [UInt8(ascii: ","), UInt8(ascii: "\t"), UInt8(ascii: ";")]
    let best = candidates.max { counts[$0, default: 0] < counts[$1, default: 0] }
    guard let best, counts[best, default: 0] > 0 else {
      return preferTab ? UInt8(ascii: "\t") : UInt8(ascii: ",")
    }
    return best
  }

  /// The names in the header of a file that begins with `head`.
  package static func columns(of head: [UInt8], delimiter: UInt8) -> [String] {
    var parser = CSVParser(delimiter: delimiter)
    var rest = head[...]
    while parser.columns == nil, !rest.isEmpty {
      parser.feed(rest.prefix(4096)) { _ in }
      rest = rest.dropFirst(4096)
    }
    if parser.columns == nil { parser.finish { _ in } }
    return parser.columns ?? []
  }
}
