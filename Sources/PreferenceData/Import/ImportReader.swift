import Foundation

/// Reads a file of prompts in any shape, row by row, in constant memory.
public struct ImportReader: Sequence, Sendable {
  public typealias Row = JSONLinesParser<PromptRecord>.Row

  public let path: String
  public let plan: ImportPlan

  /// Makes a reader; the file is opened by each iteration.
  public init(path: String, plan: ImportPlan) {
    self.path = path
    self.plan = plan
  }

  public func makeIterator() -> Iterator { Iterator(path: path, plan: plan) }

  /// Iterates over the rows; a file that cannot be opened is one bad row.
  public struct Iterator: IteratorProtocol {
    private let plan: ImportPlan
    private let handle: Result<FileHandle, any Error>
    private var cutter: RowCutter
    private var ready: ArraySlice<Row> = []
    private var isAtEnd = false

    /// How many bytes of the file were read.
    public private(set) var bytesRead = 0

    init(path: String, plan: ImportPlan) {
      self.plan = plan
      handle = Result { try FileHandle(opening: path) }
      cutter = RowCutter(plan.container)
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
          cutter.feed(chunk) { rows += ImportReader.rows($0, plan) }
        } else {
          isAtEnd = true
          cutter.finish { rows += ImportReader.rows($0, plan) }
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
  /// Reads the rows of bytes that are in memory.
  public static func rows(of bytes: some Collection<UInt8>, plan: ImportPlan) -> [Row] {
    var rows: [Row] = []
    var cutter = RowCutter(plan.container)
    cutter.feed(bytes) { rows += Self.rows($0, plan) }
    cutter.finish { rows += Self.rows($0, plan) }
    return rows
  }

  static func rows(_ row: RowCutter.Row, _ plan: ImportPlan) -> [Row] {
    do {
      return try elements(of: row.value.get(), in: plan.container).flatMap { value -> [Row] in
        do {
          return try records(of: value, plan).map {
            Row.success(NumberedRecord(line: row.line, record: $0))
          }
        } catch let problem as LineProblem {
          return [.failure(LineError(line: row.line, problem: problem))]
        }
      }
    } catch let problem as LineProblem {
      return [.failure(LineError(line: row.line, problem: problem))]
    } catch {
      return [.failure(LineError(line: row.line, problem: .notJSON("\(error)")))]
    }
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
