import Foundation

/// Reads a file of prompts in any shape, row by row, in constant memory.
public struct ImportReader: Sequence, Sendable {
  public typealias Row = JSONLinesParser<PromptRecord>.Row

  public let path: String
  public let plan: ImportPlan
  private let log = ImportNoticeLog()

  /// Makes a reader; the file is opened by each iteration.
  public init(path: String, plan: ImportPlan) {
    self.path = path
    self.plan = plan
  }

  /// What an admin should know about the rows that the last iteration has read so far.
  public var notices: [ImportNotice] { log.notices }

  public func makeIterator() -> Iterator {
    log.clear()
    return Iterator(path: path, plan: plan, log: log)
  }

  /// Iterates over the rows; a file that cannot be opened is one bad row.
  public struct Iterator: IteratorProtocol {
    private let handle: Result<FileHandle, any Error>
    private var cutter: RowCutter
    private var assembler: RowAssembler
    private var ready: ArraySlice<Row> = []
    private var isAtEnd = false

    /// How many bytes of the file were read.
    public private(set) var bytesRead = 0

    init(path: String, plan: ImportPlan, log: ImportNoticeLog) {
      handle = Result { try FileHandle(opening: path) }
      cutter = RowCutter(plan.container)
      assembler = RowAssembler(plan, log: log)
    }

    public mutating func next() -> Row? {
      while ready.isEmpty, !isAtEnd { fill() }
      return ready.popFirst()
    }

    private mutating func fill() {
      var rows: [Row] = []
      do {
        if let chunk = try handle.get().read(upToCount: 1 << 18), !chunk.isEmpty {
          bytesRead += chunk.count
          cutter.feed(chunk) { rows += assembler.take($0) }
        } else {
          isAtEnd = true
          cutter.finish { rows += assembler.take($0) }
          rows += assembler.finish()
        }
      } catch {
        // What was read so far must not pass for the whole file.
        isAtEnd = true
        let problem = LineProblem.unreadable("\(error)")
        rows.append(.failure(LineError(line: 0, problem: problem)))
      }
      ready = rows[...]
    }
  }
}

extension ImportReader {
  /// Reads the rows of bytes that are in memory, with the notices about them.
  public static func read(
    _ bytes: some Collection<UInt8>, plan: ImportPlan
  ) -> (rows: [Row], notices: [ImportNotice]) {
    var rows: [Row] = []
    var cutter = RowCutter(plan.container)
    let log = ImportNoticeLog()
    var assembler = RowAssembler(plan, log: log)
    cutter.feed(bytes) { rows += assembler.take($0) }
    cutter.finish { rows += assembler.take($0) }
    rows += assembler.finish()
    return (rows, log.notices)
  }

  /// Reads the rows of bytes that are in memory.
  public static func rows(of bytes: some Collection<UInt8>, plan: ImportPlan) -> [Row] {
    read(bytes, plan: plan).rows
  }

  /// A JSON file may wrap its rows: {"data": […]}.
  static func elements(of value: JSONValue, in container: SourceContainer) -> [JSONValue] {
    guard container == .json, case .object(let members) = value else { return [value] }
    for name in ["data", "rows", "records", "prompts", "examples", "items"] {
      if let rows = members[name]?.arrayValue, rows.first?.objectValue != nil {
        // The datasets server of Hugging Face wraps once more: {"row_idx": 0, "row": {…}}.
        return rows.map { $0["row"]?.objectValue.map { .object($0) } ?? $0 }
      }
    }
    return [value]
  }
}
