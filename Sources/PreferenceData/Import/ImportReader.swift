import Compression

/// Reads a file of prompts in any shape, row by row, in constant memory.
public struct ImportReader: Sequence, Sendable {
  public typealias Row = JSONLinesParser<PromptRecord>.Row

  public let path: String
  public let plan: ImportPlan
  private let log = ImportNoticeLog()
  private let tally = FileTally()

  /// Makes a reader; the file is opened by each iteration.
  public init(path: String, plan: ImportPlan) {
    self.path = path
    self.plan = plan
  }

  /// Facts about the rows that the last iteration has read so far.
  public var notices: [ImportNotice] { log.notices }

  /// Facts about the file that the last iteration has found so far, beside those of the plan.
  public var fileNotices: [FileNotice] { tally.notices }

  public func makeIterator() -> Iterator {
    log.clear()
    return Iterator(path: path, plan: plan, log: log, tally: tally)
  }

  /// Iterates over the rows; a file that cannot be opened is one bad row.
  public struct Iterator: IteratorProtocol {
    private let tally: FileTally
    private var text: Result<FileText, any Error>
    private var cutter: RowCutter
    private var assembler: RowAssembler
    private var counts = FileTally.Counts()
    private var ready: ArraySlice<Row> = []
    private var isAtEnd = false
    private var lastLine = 0

    init(path: String, plan: ImportPlan, log: ImportNoticeLog, tally: FileTally) {
      self.tally = tally
      text = Result { try FileText(path: path, plan.format) }
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
        if let chunk = try nextChunk() {
          cutter.feed(chunk) { row in
            counts.nonFinite += row.nonFinite
            lastLine = row.line
            rows += assembler.take(row)
          }
        } else {
          isAtEnd = true
          cutter.finish { row in
            counts.nonFinite += row.nonFinite
            rows += assembler.take(row)
          }
          rows += assembler.finish()
        }
      } catch {
        // What was read so far must not pass for the whole file.
        isAtEnd = true
        rows += assembler.finish()
        let problem: LineProblem =
          error is DecompressionError ? .damaged("\(error)") : .unreadable("\(error)")
        rows.append(.failure(LineError(line: lastLine + 1, problem: problem)))
      }
      ready = rows.map(ImportReader.withoutZeroBytes)[...]
      if case .csv(let parser) = cutter {
        counts.blankRows = parser.tally.blankRows
        counts.shortRows = parser.tally.shortRows
        counts.emptyColumns = parser.emptyColumns
      }
      tally.set(counts)
    }

    private mutating func nextChunk() throws -> [UInt8]? {
      var open = try text.get()
      defer { text = .success(open) }
      return try open.next()
    }
  }
}

extension ImportReader {
  /// Reads the rows of bytes that are in memory, with the notices about them.
  package static func read(
    _ bytes: some Collection<UInt8>, plan: ImportPlan, window: RowWindow = RowWindow()
  ) -> (rows: [Row], notices: [ImportNotice]) {
    var rows: [Row] = []
    var cutter = RowCutter(plan.container)
    let log = ImportNoticeLog()
    var assembler = RowAssembler(plan, log: log, window: window)
    let encoding = plan.format.encoding
    let text =
      encoding == .utf8
      ? Array(bytes) : Transcoder.text(of: Array(bytes), as: encoding)?.text ?? []
    cutter.feed(text) { rows += assembler.take($0) }
    cutter.finish { rows += assembler.take($0) }
    rows += assembler.finish()
    return (rows.map(withoutZeroBytes), log.notices)
  }

  /// Reads the rows of bytes that are in memory.
  public static func rows(of bytes: some Collection<UInt8>, plan: ImportPlan) -> [Row] {
    read(bytes, plan: plan).rows
  }

  /// The row as its own object, with the split that the file puts it into.
  ///
  /// The datasets server of Hugging Face wraps each row: {"row_idx": 0, "row": {…}}.
  static func element(
    _ value: JSONValue, in container: SourceContainer, split: String? = nil
  ) -> JSONValue {
    guard case .json(let layout) = container, layout.wrapper != nil else { return value }
    let row = value["row"]?.objectValue != nil ? value["row"] ?? value : value
    guard let split, case .object(var members) = row, members["split"] == nil else { return row }
    members["split"] = .string(split)
    return .object(members)
  }

  private static func withoutZeroBytes(_ row: Row) -> Row {
    guard case .success(let numbered) = row else { return row }
    let record = numbered.record
    guard record.messages.allSatisfy({ !$0.content.hasZeroByte }),
      record.responses.allSatisfy({ !$0.text.hasZeroByte && $0.source?.hasZeroByte != true })
    else { return .failure(LineError(line: numbered.line, problem: .zeroByte)) }
    return row
  }
}
