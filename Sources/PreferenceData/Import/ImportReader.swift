import Compression

/// Reads a file of prompts in any shape, row by row, in constant memory.
public struct ImportReader: Sequence, Sendable {
  public typealias Row = JSONLinesParser<PromptRecord>.Row

  public let path: String
  public let plan: ImportPlan
  /// Counts of the latest reading.
  public let tally = FileTally()

  /// Makes a reader; the file is opened by each iteration.
  public init(path: String, plan: ImportPlan) {
    self.path = path
    self.plan = plan
  }

  public func makeIterator() -> Iterator { Iterator(path: path, plan: plan, tally: tally) }

  /// Iterates over the rows; a file that cannot be opened is one bad row.
  public struct Iterator: IteratorProtocol {
    private let plan: ImportPlan
    private let tally: FileTally
    private var text: Result<FileText, any Error>
    private var cutter: RowCutter
    private var counts = FileTally.Counts()
    private var ready: ArraySlice<Row> = []
    private var isAtEnd = false
    private var lastLine = 0

    init(path: String, plan: ImportPlan, tally: FileTally) {
      self.plan = plan
      self.tally = tally
      text = Result { try FileText(path: path, plan.format) }
      cutter = RowCutter(plan.container)
    }

    public mutating func next() -> Row? {
      while ready.isEmpty, !isAtEnd { fill() }
      return ready.popFirst()
    }

    private mutating func fill() {
      var rows: [Row] = []
      var nonFinite = 0
      func take(_ row: RowCutter.Row) {
        nonFinite += row.nonFinite
        rows += ImportReader.rows(row, plan)
      }
      do {
        if let chunk = try nextChunk() {
          cutter.feed(chunk, take)
        } else {
          isAtEnd = true
          cutter.finish(take)
        }
      } catch {
        // What was read so far must not pass for the whole file.
        isAtEnd = true
        let problem: LineProblem =
          error is DecompressionError ? .damaged("\(error)") : .unreadable("\(error)")
        rows.append(.failure(LineError(line: lastLine + 1, problem: problem)))
      }
      lastLine = rows.last.map(Self.line) ?? lastLine
      ready = rows[...]
      counts.nonFinite += nonFinite
      if case .csv(let parser) = cutter {
        counts.blankRows = parser.tally.blankRows
        counts.shortRows = parser.tally.shortRows
        counts.emptyColumns = parser.emptyColumns
      }
      tally.set(counts)
    }

    private static func line(_ row: Row) -> Int {
      switch row {
      case .success(let numbered): numbered.line
      case .failure(let error): error.line
      }
    }

    private mutating func nextChunk() throws -> [UInt8]? {
      var open = try text.get()
      defer { text = .success(open) }
      return try open.next()
    }
  }
}

extension ImportReader {
  /// Reads the rows of bytes that are in memory.
  public static func rows(of bytes: some Collection<UInt8>, plan: ImportPlan) -> [Row] {
    var rows: [Row] = []
    var cutter = RowCutter(plan.container)
    let bytes =
      plan.format.encoding == .utf8
      ? Array(bytes) : Transcoder.text(of: Array(bytes), as: plan.format.encoding)?.text ?? []
    cutter.feed(bytes) { rows += Self.rows($0, plan) }
    cutter.finish { rows += Self.rows($0, plan) }
    return rows
  }

  static func rows(_ row: RowCutter.Row, _ plan: ImportPlan) -> [Row] {
    do {
      let value = element(try row.value.get(), in: plan.container)
      return try records(of: value, plan).map { record in
        var record = record
        try checkZeroBytes(record)
        if let split = row.split, record.metadata["split"] == nil {
          record.metadata["split"] = .string(split)
        }
        return .success(NumberedRecord(line: row.line, record: record))
      }
    } catch let problem as LineProblem {
      return [.failure(LineError(line: row.line, problem: problem))]
    } catch {
      return [.failure(LineError(line: row.line, problem: .notJSON("\(error)")))]
    }
  }

  /// The datasets server of Hugging Face wraps each row: {"row_idx": 0, "row": {…}}.
  static func element(_ value: JSONValue, in container: SourceContainer) -> JSONValue {
    guard case .json(let layout) = container, layout.wrapper != nil,
      let row = value["row"], row.objectValue != nil
    else { return value }
    return row
  }

  // The byte 0 ends a text in many programs that read data sets.
  private static func checkZeroBytes(_ record: PromptRecord) throws(LineProblem) {
    guard record.messages.allSatisfy({ !$0.content.hasZeroByte }),
      record.responses.allSatisfy({ !$0.text.hasZeroByte && $0.source?.hasZeroByte != true })
    else { throw .zeroByte }
  }

  private static func records(of value: JSONValue, _ plan: ImportPlan) throws -> [PromptRecord] {
    // A bare text is a prompt: lists of questions are often no more than that.
    if case .string = value, plan.shape != .rankings {
      return [try PromptRecord(json: ["prompt": value])]
    }
    guard case .object(let members) = value else {
      throw LineProblem.notAnObject(found: value.kind)
    }
    guard members.count <= ImportPlan.mostColumns else {
      throw LineProblem.notJSON(
        "the row has \(members.count) keys, and \(ImportPlan.mostColumns) are read at most")
    }
    if plan.shape == .prompts { return [try PromptRecord(json: value)] }
    return try importedRows(of: value, plan).map { try $0.record(from: plan.shape) }
  }

  private static func importedRows(
    of value: JSONValue, _ plan: ImportPlan
  ) throws -> [ImportedRow] {
    switch plan.shape {
    case .prompts, .rankings:
      throw LineProblem.inconsistent(
        key: "ranking", reason: "makes this a judgement; import the file as rankings")
    case .columns: [try ImportedRow(columns: plan.mapping, of: value, shape: .columns)]
    case .trl, .hh: [try ImportedRow(trl: value)]
    case .oasst: try MessageTree.rows(value)
    case .ultrafeedback: [try ImportedRow(ultrafeedback: value)]
    case .nectar: [try ImportedRow(nectar: value)]
    case .sharegpt: [try ImportedRow(sharegpt: value)]
    case .labelStudio: [try ImportedRow(labelStudio: value)]
    case .argilla: [try ImportedRow(argilla: value)]
    }
  }
}

extension String {
  fileprivate var hasZeroByte: Bool { utf8.contains(0) }
}
