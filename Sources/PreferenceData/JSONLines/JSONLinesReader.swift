import Compression
import Foundation

/// Reads a JSON Lines file row by row, in constant memory.
public struct JSONLinesReader<Record: LineRecord>: Sequence, Sendable {
  public typealias Row = JSONLinesParser<Record>.Row

  let path: String
  private let source: Source
  private let lineLimit: Int

  private enum Source: Sendable {
    case handle(FileHandle)
    case file(FileFormat)
  }

  /// Opens a file; throws `PreferenceDataError.unreadable`.
  public init(
    path: String, of type: Record.Type = Record.self,
    lineLimit: Int = LineSplitter.defaultLimit
  ) throws {
    let handle = try FileHandle(opening: path)
    self.init(handle: handle, path: path, lineLimit: lineLimit)
  }

  /// Reads from an open handle, such as standard input.
  public init(
    handle: FileHandle, path: String, of type: Record.Type = Record.self,
    lineLimit: Int = LineSplitter.defaultLimit
  ) {
    source = .handle(handle)
    self.path = path
    self.lineLimit = lineLimit
  }

  /// Reads a file that may be compressed or in another encoding. It is opened by each iteration.
  public init(path: String, of type: Record.Type = Record.self, format: FileFormat) {
    source = .file(format)
    self.path = path
    lineLimit = LineSplitter.defaultLimit
  }

  /// Returns all records; throws the first line error.
  public func records() throws -> [Record] {
    try map { row in
      switch row {
      case .success(let numbered): return numbered.record
      case .failure(let error): throw PreferenceDataError.badLine(error)
      }
    }
  }

  public func makeIterator() -> Iterator {
    let next: () throws -> [UInt8]?
    switch source {
    case .handle(let handle):
      next = {
        let chunk = try handle.read(upToCount: 1 << 18) ?? Data()
        return chunk.isEmpty ? nil : Array(chunk)
      }
    case .file(let format):
      var text = Result { try FileText(path: path, format) }
      next = {
        var open = try text.get()
        defer { text = .success(open) }
        return try open.next()
      }
    }
    return Iterator(nextChunk: next, parser: JSONLinesParser(lineLimit: lineLimit))
  }

  /// Iterates over the rows; a handle can be iterated over once.
  public struct Iterator: IteratorProtocol {
    let nextChunk: () throws -> [UInt8]?
    var parser: JSONLinesParser<Record>
    var ready: [Row] = []
    var isAtEnd = false

    public mutating func next() -> Row? {
      while ready.isEmpty, !isAtEnd { fill() }
      return ready.popLast()
    }

    private mutating func fill() {
      var rows: [Row] = []
      do {
        if let chunk = try nextChunk() {
          parser.feed(chunk) { rows.append($0) }
        } else {
          isAtEnd = true
          parser.finish { rows.append($0) }
        }
      } catch {
        // What was read so far must not pass for the whole file.
        isAtEnd = true
        let problem: LineProblem =
          error is DecompressionError
          ? .damaged("\(error)") : .unreadable(error.localizedDescription)
        rows.append(.failure(LineError(line: parser.lineCount + 1, problem: problem)))
      }
      ready = rows.reversed()
    }
  }
}
