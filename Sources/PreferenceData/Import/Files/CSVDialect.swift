/// How a table is written: what separates its cells, and where its header is.
public struct CSVDialect: Sendable, Hashable {
  /// Nil for a table of one column, whose cells may contain any separator.
  public var delimiter: UInt8?
  public var quote: UInt8
  /// The character before one that is meant literally, if the table uses one.
  public var escape: UInt8?
  /// Whether the first line names the delimiter (`sep=;`), as Excel writes it.
  public var hasDelimiterLine: Bool
  /// The number of rows above the header, such as a title.
  public var titleRows: Int

  public init(
    delimiter: UInt8? = UInt8(ascii: ","), quote: UInt8 = UInt8(ascii: "\""), escape: UInt8? = nil,
    hasDelimiterLine: Bool = false, titleRows: Int = 0
  ) {
    self.delimiter = delimiter
    self.quote = quote
    self.escape = escape
    self.hasDelimiterLine = hasDelimiterLine
    self.titleRows = titleRows
  }

  /// The delimiter for people.
  public var delimiterName: String {
    switch delimiter {
    case nil: "one column"
    case UInt8(ascii: "\t")?: "tab"
    case let byte?: String(UnicodeScalar(byte))
    }
  }
}

extension CSVDialect {
  /// How even the rows of a sample are in one dialect.
  struct Sample {
    var dialect: CSVDialect
    var columns: [String]
    /// From 0 to 1, and more if the header names a prompt.
    var score: Double
    var rowCount: Int

    /// Whether this looks like a table rather than like prose with commas.
    var isTable: Bool { columns.count > 1 && rowCount > 1 && score >= 0.9 }
  }

  /// The number of rows that are looked at.
  static let sampleRows = 1000
  static let sampleSize = 1 << 18
  static let mostTitleRows = 10

  /// Finds the dialect in which the rows of a file's beginning are most even.
  ///
  /// - Parameters:
  ///   - head: UTF-8 without byte order mark.
  ///   - isWhole: Whether `head` is the whole file; else its last row may be cut off.
  ///   - preferTab: Whether the file's name says that tabs separate the cells.
  static func sniff(_ head: [UInt8], isWhole: Bool, preferTab: Bool = false) -> Sample {
    if let delimiter = delimiterLine(head) {
      let dialect = CSVDialect(delimiter: delimiter, hasDelimiterLine: true)
      return sample(head, dialect, isWhole)
    }
    let tab = UInt8(ascii: "\t")
    let comma = UInt8(ascii: ",")
    let delimiters =
      (preferTab ? [tab, comma] : [comma, tab]) + [UInt8(ascii: ";"), UInt8(ascii: "|")]
    var best = sample(head, CSVDialect(delimiter: nil), isWhole)
    // One column is what remains when nothing separates the cells of the header.
    let separates = best.columns.first.map { $0.utf8.contains(where: delimiters.contains) } ?? false
    best.score = separates ? -1 : min(best.score, 0.3)
    let styles = [
      CSVDialect(), CSVDialect(escape: UInt8(ascii: "\\")), CSVDialect(quote: UInt8(ascii: "'")),
    ]
    for style in styles {
      if let escape = style.escape, !head.contains(escape) { continue }
      if !head.contains(style.quote), style != styles[0] { continue }
      for delimiter in delimiters {
        var dialect = style
        dialect.delimiter = delimiter
        let found = sample(head, dialect, isWhole)
        // The plainer dialect stays unless another is more even, or cuts as evenly into more.
        let isWider = style == styles[0] && found.columns.count > best.columns.count
        if found.score > best.score + (isWider ? -0.004 : 0.004) { best = found }
      }
    }
    return best
  }

  /// The delimiter in Excel's first line `sep=;`.
  private static func delimiterLine(_ head: [UInt8]) -> UInt8? {
    var line = head.prefix { $0 != 0x0A && $0 != 0x0D }
    if line.first == UInt8(ascii: "\""), line.last == UInt8(ascii: "\"") {
      line = line.dropFirst().dropLast()
    }
    guard line.count == 5, let last = line.last, last < 0x80,
      String(decoding: line.prefix(4), as: UTF8.self).lowercased() == "sep="
    else { return nil }
    return last
  }

  private static func sample(_ head: [UInt8], _ dialect: CSVDialect, _ isWhole: Bool) -> Sample {
    var records: [CSVRecordCutter.Record] = []
    var cutter = CSVRecordCutter(dialect: dialect)
    for byte in head.prefix(sampleSize) {
      cutter.take(byte) { records.append($0) }
      if records.count > sampleRows { break }
    }
    let isWhole = isWhole && head.count <= sampleSize
    if isWhole, records.count <= sampleRows { cutter.finish { records.append($0) } }
    if dialect.hasDelimiterLine, !records.isEmpty { records.removeFirst() }
    records.removeAll(where: \.isBlank)
    guard !records.isEmpty else {
      return Sample(dialect: dialect, columns: [], score: 0, rowCount: 0)
    }
    var dialect = dialect
    dialect.titleRows = dialect.delimiter == nil ? 0 : titleRows(above: records)
    let header = records[dialect.titleRows]
    let rows = records[(dialect.titleRows + 1)...]
    let columns = header.texts
    let width = header.filledWidth
    let even = rows.count {
      $0.width <= header.width ? $0.width >= width : $0.filledWidth <= header.width
    }
    let broken = records.count { $0.hasStrayQuote }
    var score = rows.isEmpty ? 0.9 : Double(even) / Double(rows.count)
    score -= Double(broken) / Double(records.count)
    // One column does not prove a delimiter.
    if width < 2 { score = min(score, 0.2) }
    // Names in single quotes are names in quotes.
    let mark = "'"
    if dialect.quote == UInt8(ascii: "\""),
      columns.allSatisfy({ $0.count > 2 && $0.hasPrefix(mark) && $0.hasSuffix(mark) })
    {
      score -= 0.1
    }
    // Names that we know are strong evidence.
    if width > 1, ColumnMapping(guessing: columns).isUsable { score += 0.5 }
    return Sample(dialect: dialect, columns: columns, score: score, rowCount: rows.count)
  }

  /// The number of rows at the beginning that have a single cell, above rows that have more.
  private static func titleRows(above records: [CSVRecordCutter.Record]) -> Int {
    let leading = records.prefix(mostTitleRows).prefix { $0.filledWidth == 1 }
    guard !leading.isEmpty, leading.count < records.count else { return 0 }
    let rest = records[leading.count...]
    if ColumnMapping(guessing: rest.first?.texts ?? []).isUsable { return leading.count }
    // The name of a column is not a title, although the rows below may hold the delimiter.
    let isName = ColumnMapping(guessing: Array(leading.last?.texts.prefix(1) ?? [])).isUsable
    let width = rest.first?.width
    let even = rest.count { $0.width == width }
    return !isName && rest.count >= 3 && even * 10 >= rest.count * 9 ? leading.count : 0
  }
}
