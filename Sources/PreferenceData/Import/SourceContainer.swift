import Foundation

/// The arrangement of rows in a file.
public enum SourceContainer: Sendable, Hashable {
  /// One JSON value a line.
  case lines
  /// One JSON array, or JSON objects one after the other.
  case json
  /// Delimited text with a header (RFC 4180).
  case csv(delimiter: UInt8)

  /// The name for people.
  public var name: String {
    switch self {
    case .lines: "JSON Lines"
    case .json: "JSON"
    case .csv(UInt8(ascii: "\t")): "TSV"
    case .csv: "CSV"
    }
  }

  /// Recognises a container by the beginning of a file and by its name.
  /// Throws `PreferenceDataError.otherKind` for a file that is not text.
  public static func detect(head: some Collection<UInt8>, name: String) throws -> SourceContainer {
    try refuseOtherFiles(Array(head.prefix(4)), name: name)
    let head = head.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(head.dropFirst(3)) : Array(head)
    let ending = URL(filePath: name).pathExtension.lowercased()
    let firstLine = head.prefix { $0 != 0x0A && $0 != 0x0D }
    if ending == "csv" || ending == "tsv" || ending == "tab" {
      return .csv(delimiter: CSVParser.delimiter(in: head, preferTab: ending != "csv"))
    }
    switch head.first(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }) {
    case UInt8(ascii: "["): return .json
    case UInt8(ascii: "{"):
      // A whole object on the first line begins JSON Lines; a part of one, a JSON file.
      let isWhole = (try? JSONValue(parsing: firstLine)) != nil
      return isWhole || firstLine.count == head.count || ending == "jsonl" ? .lines : .json
    case UInt8(ascii: "\""), nil: return .lines
    default:
      let delimiter = CSVParser.delimiter(in: head, preferTab: false)
      let columns = CSVParser.columns(of: head, delimiter: delimiter)
      return ColumnMapping(guessing: columns).isUsable ? .csv(delimiter: delimiter) : .lines
    }
  }

  private static func refuseOtherFiles(_ magic: [UInt8], name: String) throws {
    let found: String? =
      switch (magic.first, magic.dropFirst().first) {
      case (0x1F, 0x8B): "it is compressed with gzip; unpack it first"
      case (0x50, 0x4B): "it is a ZIP file or a spreadsheet; save the table as CSV (UTF-8)"
      case (0xFF, 0xFE), (0xFE, 0xFF): "it is UTF-16; save it as UTF-8"
      case (0x50, 0x41) where magic == Array("PAR1".utf8): "it is Parquet; convert it to JSON Lines"
      default: nil
      }
    if let found { throw PreferenceDataError.otherKind(path: name, reason: found) }
  }
}

/// Cuts chunks of bytes into the rows of a container.
package enum RowCutter: Sendable {
  /// One row as JSON, or its error.
  package struct Row: Sendable {
    package var line: Int
    package var value: Result<JSONValue, LineProblem>
  }

  case lines(LineSplitter)
  case json(JSONElementSplitter)
  case csv(CSVParser)

  init(_ container: SourceContainer) {
    switch container {
    case .lines: self = .lines(LineSplitter())
    case .json: self = .json(JSONElementSplitter())
    case .csv(let delimiter): self = .csv(CSVParser(delimiter: delimiter))
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
      try splitter.feed(chunk) { try body(Self.row($0)) }
    case .csv(var parser):
      self = .lines(LineSplitter())
      defer { self = .csv(parser) }
      try parser.feed(chunk, body)
    }
  }

  mutating func finish(_ body: (Row) throws -> Void) rethrows {
    switch self {
    case .lines(var splitter): try splitter.finish { try body(Self.row($0)) }
    case .json(var splitter): try splitter.finish { try body(Self.row($0)) }
    case .csv(var parser): try parser.finish(body)
    }
  }

  private static func row(_ line: LineSplitter.Line) -> Row {
    Row(
      line: line.number,
      value: line.bytes.flatMap { bytes in
        Result { () throws(LineProblem) in
          if let position = bytes.firstInvalidUTF8 { throw .notUTF8(byte: position + 1) }
          return try JSONValue(parsing: bytes)
        }
      })
  }
}
