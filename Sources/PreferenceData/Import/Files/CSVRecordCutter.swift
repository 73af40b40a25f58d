/// Cuts delimited text into records of cells (RFC 4180, and what programs make of it), never holding
/// more than one record.
///
/// Line ends may be CRLF, LF or CR. Spaces around a quoted cell are ignored.
struct CSVRecordCutter: Sendable {
  /// The cells of one record, as bytes.
  struct Record {
    var line: Int
    var cells: [[UInt8]]
    var problem: LineProblem?
    var hasStrayQuote = false

    var width: Int { cells.count }

    /// The number of cells up to the last one with text.
    var filledWidth: Int {
      (cells.lastIndex { !$0.allSatisfy(CSVRecordCutter.isSpace) } ?? -1) + 1
    }

    /// Whether there is no text in any cell.
    var isBlank: Bool { filledWidth == 0 }

    var texts: [String] {
      cells.map { String(decoding: $0, as: UTF8.self).trimmed }
    }
  }

  private enum Place { case cellStart, plain, quoted, quoteInQuoted, afterQuoted }

  let limit: Int
  // -1 for none: no byte equals it.
  private let delimiter: Int
  private let quote: UInt8
  private let escape: Int
  private var place = Place.cellStart
  private var isEscaped = false
  private var cell: [UInt8] = []
  private var cells: [[UInt8]] = []
  private var size = 0
  private var problem: LineProblem?
  private var hasStrayQuote = false
  private var endedWithReturn = false
  private var line = 1
  private var firstLine = 1
  private var bytesSeen = 0

  init(dialect: CSVDialect, limit: Int = LineSplitter.defaultLimit) {
    delimiter = dialect.delimiter.map(Int.init) ?? -1
    quote = dialect.quote
    escape = dialect.escape.map(Int.init) ?? -1
    self.limit = limit
  }

  @inline(__always)
  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  mutating func finish(_ body: (Record) throws -> Void) rethrows {
    if place == .quoted {
      problem = .csv("a field that begins on this line has no closing quote")
      hasStrayQuote = true
    }
    if place != .cellStart || !cell.isEmpty || !cells.isEmpty { try endRecord(body) }
  }

  /// Reads a chunk. What lies between two marks of the dialect is copied as a whole.
  mutating func feed(_ chunk: some Collection<UInt8>, _ body: (Record) throws -> Void) rethrows {
    let whole: Void? = try chunk.withContiguousStorageIfAvailable { try feed($0, body) }
    if whole == nil { for byte in chunk { try take(byte, body) } }
  }

  private mutating func feed(
    _ bytes: UnsafeBufferPointer<UInt8>, _ body: (Record) throws -> Void
  ) rethrows {
    var index = 0
    while index < bytes.count {
      let end = endOfRun(bytes, from: index)
      if end > index {
        keep(bytes[index..<end])
        index = end
      } else {
        try take(bytes[index], body)
        index += 1
      }
    }
  }

  /// The end of the bytes that only belong to the cell. The first three bytes may be a mark.
  private func endOfRun(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    guard !isEscaped, bytesSeen >= 3, place == .quoted || place == .plain else { return start }
    let first = place == .quoted ? Int(quote) : delimiter
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      if Int(byte) == first || byte == 0x0A || byte == 0x0D || Int(byte) == escape { break }
      index += 1
    }
    return index
  }

  private mutating func keep(_ run: Slice<UnsafeBufferPointer<UInt8>>) {
    size += run.count
    bytesSeen += run.count
    endedWithReturn = false
    if size <= limit { cell.append(contentsOf: run) } else { problem = .tooLong(limit: limit) }
  }

  mutating func take(_ byte: UInt8, _ body: (Record) throws -> Void) rethrows {
    bytesSeen += 1
    let followsReturn = endedWithReturn
    endedWithReturn = byte == 0x0D && !isEscaped
    if isEscaped {
      isEscaped = false
      keep(byte)
      if byte == 0x0A { line += 1 }
      return
    }
    if byte == 0x0A, followsReturn, place != .quoted { return }
    if Int(byte) == escape {
      isEscaped = true
      if place == .cellStart { place = .plain }
      return
    }
    if place == .quoted {
      if byte == quote { place = .quoteInQuoted } else { keep(byte) }
      if byte == 0x0A { line += 1 }
      return
    }
    if Int(byte) == delimiter { return endCell() }
    switch byte {
    case 0x0A, 0x0D: try endLine(body)
    case quote where place == .cellStart && cell.allSatisfy(Self.isSpace):
      cell.removeAll(keepingCapacity: true)
      place = .quoted
    case quote where place == .quoteInQuoted:
      keep(byte)
      place = .quoted
    case _ where Self.isSpace(byte) && place == .cellStart: keep(byte)
    case _ where Self.isSpace(byte) && (place == .quoteInQuoted || place == .afterQuoted):
      place = .afterQuoted
    default: takePlain(byte)
    }
  }

  private mutating func takePlain(_ byte: UInt8) {
    if place == .quoteInQuoted || place == .afterQuoted {
      problem = .csv("text follows a closing quote; write a quote inside a field twice")
      hasStrayQuote = true
    }
    place = .plain
    keep(byte)
    // The byte order mark comes before the first cell, whose quote may follow it.
    if bytesSeen == 3, cell == [0xEF, 0xBB, 0xBF] {
      cell.removeAll()
      place = .cellStart
    }
  }

  private mutating func keep(_ byte: UInt8) {
    size += 1
    if size <= limit { cell.append(byte) } else { problem = .tooLong(limit: limit) }
  }

  private mutating func endCell() {
    cells.append(cell)
    cell.removeAll(keepingCapacity: true)
    place = .cellStart
  }

  private mutating func endLine(_ body: (Record) throws -> Void) rethrows {
    let isBlank = cells.isEmpty && place == .cellStart && cell.allSatisfy(Self.isSpace)
    if isBlank { cell.removeAll(keepingCapacity: true) } else { try endRecord(body) }
    line += 1
    firstLine = line
  }

  private mutating func endRecord(_ body: (Record) throws -> Void) rethrows {
    endCell()
    defer {
      cells.removeAll(keepingCapacity: true)
      size = 0
      problem = nil
      hasStrayQuote = false
    }
    try body(
      Record(line: firstLine, cells: cells, problem: problem, hasStrayQuote: hasStrayQuote))
  }
}
