import Foundation

/// Turns chunks of bytes, such as those of an HTTP body, into records and line errors.
public struct JSONLinesParser<Record: LineRecord>: Sendable {
  /// A record with its line number, or what was wrong with the line.
  public typealias Row = Result<NumberedRecord<Record>, LineError>

  private var splitter: LineSplitter

  public init(_ type: Record.Type = Record.self, lineLimit: Int = LineSplitter.defaultLimit) {
    splitter = LineSplitter(limit: lineLimit)
  }

  /// How many lines were read, blank ones included.
  public var lineCount: Int { splitter.lineCount }

  /// Parses a chunk and passes each row that it completes to `body`.
  public mutating func feed(
    _ chunk: some Collection<UInt8>, _ body: (Row) throws -> Void
  ) rethrows {
    try splitter.feed(chunk) { try body(Self.row($0)) }
  }

  /// Hands the last row, which may lack its line ending, to `body`.
  public mutating func finish(_ body: (Row) throws -> Void) rethrows {
    try splitter.finish { try body(Self.row($0)) }
  }

  static func row(_ line: LineSplitter.Line) -> Row {
    do {
      let record = try read(line.bytes.get())
      return .success(NumberedRecord(line: line.number, record: record))
    } catch let problem as LineProblem {
      return .failure(LineError(line: line.number, problem: problem))
    } catch {
      return .failure(
        LineError(line: line.number, problem: .notJSON(String(describing: error))))
    }
  }

  private static func read(_ bytes: ArraySlice<UInt8>) throws -> Record {
    if let position = bytes.firstInvalidUTF8 { throw LineProblem.notUTF8(byte: position + 1) }
    let value = try JSONValue(parsing: bytes)
    guard case .object = value else { throw LineProblem.notAnObject(found: value.kind) }
    do {
      return try Record.read(value, from: bytes)
    } catch let error as DecodingError {
      throw LineProblem(error)
    }
  }
}

extension LineProblem {
  init(_ error: DecodingError) {
    switch error {
    case .keyNotFound(let key, let context):
      self = .missing(Self.path(context.codingPath + [key]))
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      self = .wrongType(key: Self.path(context.codingPath), expected: Self.name(type))
    case .dataCorrupted(let context):
      self = .inconsistent(
        key: Self.path(context.codingPath), reason: "is wrong: \(context.debugDescription)")
    @unknown default:
      self = .notJSON(String(describing: error))
    }
  }

  private static func path(_ keys: [any CodingKey]) -> String {
    keys.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
  }

  private static func name(_ type: Any.Type) -> String {
    switch type {
    case is String.Type: "a text"
    case is Int.Type, is Double.Type: "a number"
    case is Bool.Type: "true or false"
    case is any Collection.Type: "a list or an object"
    default: "there and of the right kind"
    }
  }
}

extension Collection<UInt8> {
  /// The offset of the first byte that is not UTF-8, or nil.
  var firstInvalidUTF8: Int? {
    if String(validating: self, as: UTF8.self) != nil { return nil }
    let repaired = String(decoding: self, as: UTF8.self)
    return zip(repaired.utf8, self).enumerated().first { $0.element.0 != $0.element.1 }?.offset
      ?? repaired.utf8.count
  }
}
