import Compression
import Foundation

/// The arrangement of rows in a file.
public enum SourceContainer: Sendable, Hashable {
  /// One JSON value a line.
  case lines
  /// One JSON array, JSON objects one after the other, or an object that wraps arrays.
  case json(JSONLayout)
  /// Delimited text with a header.
  case csv(CSVDialect)

  /// The name for people.
  public var name: String {
    switch self {
    case .lines: "JSON Lines"
    case .json: "JSON"
    case .csv(let dialect) where dialect.delimiter == UInt8(ascii: "\t"): "TSV"
    case .csv: "CSV"
    }
  }

  /// Whether rows are named by their number, because many stand on one line.
  public var numbersRows: Bool {
    if case .json(let layout) = self { layout.numbersRows } else { false }
  }

  /// Whether the file is a table with a header.
  public var isTable: Bool { if case .csv = self { true } else { false } }
}

/// The place of the rows in a JSON file.
public struct JSONLayout: Sendable, Hashable {
  /// The object around the rows, if there is one.
  public var wrapper: JSONWrapper?
  /// Whether several rows stand on one line.
  public var numbersRows = false
}

extension SourceContainer {
  /// Recognises a container by the beginning of a text and by the file's name.
  ///
  /// - Parameters:
  ///   - head: UTF-8 without byte order mark.
  ///   - isWhole: Whether `head` is the whole text.
  ///   - isTable: Whether somebody said that the file is a table.
  /// Throws `PreferenceDataError.otherKind` if the rows cannot be found.
  static func detect(
    _ head: [UInt8], isWhole: Bool, name: String, isTable: Bool = false
  ) throws -> SourceContainer {
    let ending = Self.ending(name)
    let isTableByName = ["csv", "tsv", "tab"].contains(ending)
    let start = head.first { !isSpace($0) }
    let isBracket = start == UInt8(ascii: "[") || start == UInt8(ascii: "{")
    if isBracket, !isTableByName || beginsJSON(head) {
      return try json(head, name: name, ending: ending)
    }
    let firstLine = head.prefix { $0 != 0x0A && $0 != 0x0D }
    if start == nil, !isTableByName { return .lines }
    let sample = CSVDialect.sniff(
      head, isWhole: isWhole, preferTab: ending == "tsv" || ending == "tab")
    let isUsable = ColumnMapping(guessing: sample.columns).isUsable
    let isTable = isTable || isTableByName || sample.dialect.hasDelimiterLine
    if isTable || isUsable { return .csv(sample.dialect) }
    if ["json", "jsonl", "ndjson"].contains(ending) || (try? JSONValue(parsing: firstLine)) != nil {
      return .lines
    }
    if sample.isTable { return .csv(sample.dialect) }
    throw PreferenceDataError.otherKind(
      path: name,
      reason:
        "it is plain text, neither JSON nor a table. If every line is a prompt, put a line with "
        + "the word prompt at the top")
  }

  private static func ending(_ name: String) -> String {
    var url = URL(filePath: name)
    let packed = CompressionKind.allCases.flatMap(\.endings)
    if packed.contains(url.pathExtension.lowercased()) { url = url.deletingPathExtension() }
    return url.pathExtension.lowercased()
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  // A table may begin with a bracket too: {name},{text} or [1].
  private static func beginsJSON(_ head: [UInt8]) -> Bool {
    let marks = head.lazy.filter { !isSpace($0) }.prefix(2)
    switch Array(marks) {
    case [UInt8(ascii: "{"), UInt8(ascii: "\"")], [UInt8(ascii: "["), UInt8(ascii: "{")],
      [UInt8(ascii: "["), UInt8(ascii: "\"")], [UInt8(ascii: "["), UInt8(ascii: "[")]:
      return true
    default: return false
    }
  }

  private static func json(
    _ head: [UInt8], name: String, ending: String
  ) throws -> SourceContainer {
    var layout = JSONLayout()
    if head.first(where: { !isSpace($0) }) == UInt8(ascii: "{") {
      let outline = JSONOutline(head)
      if !outline.isFollowed || !outline.isWhole, outline.isColumnwise {
        throw PreferenceDataError.otherKind(
          path: name,
          reason: "it is a table column by column. Write it row by row; with pandas: "
            + "to_json(\"rows.jsonl\", orient=\"records\", lines=True)")
      }
      layout.wrapper = JSONWrapper(outline)
      if layout.wrapper == nil {
        let firstLine = head.drop(while: isSpace).prefix { $0 != 0x0A && $0 != 0x0D }
        let isLine = (try? JSONValue.parsingLeniently(firstLine)) != nil
        if isLine || firstLine.count >= head.count || ending == "jsonl" { return .lines }
      }
    }
    layout.numbersRows = sharesLines(head, layout)
    return .json(layout)
  }

  /// Whether the second row begins on the line of the first.
  private static func sharesLines(_ head: [UInt8], _ layout: JSONLayout) -> Bool {
    var splitter = JSONElementSplitter(layout)
    var lines: [Int] = []
    var rest = head[...]
    while lines.count < 2, !rest.isEmpty {
      splitter.feed(rest.prefix(4096)) { row, _ in lines.append(row.number) }
      rest = rest.dropFirst(4096)
    }
    return lines.count >= 2 && lines[0] == lines[1]
  }
}

/// Cuts chunks of text into the rows of a container.
package enum RowCutter: Sendable {
  /// One row as JSON, or its error.
  package struct Row: Sendable {
    package var line: Int
    package var value: Result<JSONValue, LineProblem>
    /// The part of the data set that the row belongs to, if the file says so.
    package var split: String?
    /// How many numbers that are none were read as null.
    package var nonFinite = 0
  }

  case lines(LineSplitter)
  case json(JSONElementSplitter)
  case csv(CSVParser)

  init(_ container: SourceContainer) {
    switch container {
    case .lines: self = .lines(LineSplitter())
    case .json(let layout): self = .json(JSONElementSplitter(layout))
    case .csv(let dialect): self = .csv(CSVParser(dialect))
    }
  }

  mutating func feed(_ chunk: some Collection<UInt8>, _ body: (Row) throws -> Void) rethrows {
    switch self {
    case .lines(var splitter):
      self = .lines(LineSplitter())
      defer { self = .lines(splitter) }
      try splitter.feed(chunk) { try body(Self.row($0)) }
    case .json(var splitter):
      self = .lines(LineSplitter())
      defer { self = .json(splitter) }
      try splitter.feed(chunk) { try body(Self.row($0, split: $1)) }
    case .csv(var parser):
      self = .lines(LineSplitter())
      defer { self = .csv(parser) }
      try parser.feed(chunk, body)
    }
  }

  mutating func finish(_ body: (Row) throws -> Void) rethrows {
    switch self {
    case .lines(var splitter): try splitter.finish { try body(Self.row($0)) }
    case .json(var splitter): try splitter.finish { try body(Self.row($0, split: $1)) }
    case .csv(var parser):
      try parser.finish(body)
      self = .csv(parser)
    }
  }

  private static func row(_ line: LineSplitter.Line, split: String? = nil) -> Row {
    var row = Row(line: line.number, value: .success(.null), split: split)
    do throws(LineProblem) {
      let bytes = try line.bytes.get()
      let (value, nonFinite) = try JSONValue.parsingLeniently(bytes)
      row.value = .success(value)
      row.nonFinite = nonFinite
    } catch {
      row.value = .failure(error)
    }
    return row
  }
}
