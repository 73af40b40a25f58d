import Compression
import Foundation
import Foundations

/// A dataset file, read whole: judgements of the workbench, or rows of any format that
/// `plumbline import` reads.
public struct TrainingFile: Sendable {
  /// The meaning of rows that cannot be read.
  public enum InvalidRows: String, Sendable, Hashable, Codable, CaseIterable {
    /// The first one is an error.
    case error
    /// They are left out and counted.
    case skip
  }

  public let path: String
  /// The content of the rows; nil if there are none.
  public let content: TrainingRow.Content?
  public let rows: [TrainingRow]
  /// The number of rows that were left out because they cannot be read, and the first of their errors.
  public private(set) var skipped: (count: Int, first: String?) = (0, nil)
  /// “line”, or “row” if many rows stand on one line.
  public let unit: String

  /// Reads a file. Throws `PreferenceDataError`, whose `badLine` names the line.
  public init(path: String, invalidRows: InvalidRows = .error) throws {
    self.path = path
    let plan = try ImportPlan(path: path)
    unit = plan.container.numbersRows ? "row" : "line"
    var rows: [TrainingRow] = []
    var content = Content()
    var skipped: (count: Int, first: String?) = (0, nil)
    func take(_ new: Result<[TrainingRow], LineError>) throws {
      switch new.flatMap({ content.checked($0) }) {
      case .success(let checked): rows += checked
      case .failure(let error):
        guard invalidRows == .skip else { throw PreferenceDataError.badLine(error) }
        skipped = (skipped.count + 1, skipped.first ?? error.description)
      }
    }
    if plan.shape == .rankings, plan.container == .lines {
      for row in JSONLinesReader(path: path, of: PreferenceRecord.self, format: plan.format) {
        try take(row.map { [TrainingRow($0.record, line: $0.line)] })
      }
    } else {
      try Self.read(path, plan, take)
    }
    self.rows = rows
    self.content = content.kind
    self.skipped = skipped
  }

  private static func read(
    _ path: String, _ plan: ImportPlan, _ take: (Result<[TrainingRow], LineError>) throws -> Void
  ) throws {
    var text = try FileText(path: path, plan.format)
    var cutter = RowCutter(plan.container)
    var reader = ForeignTrainingReader(plan)
    var lastLine = 0
    func read(_ row: RowCutter.Row) throws {
      lastLine = row.line
      try take(reader.rows(row))
    }
    while true {
      let chunk: [UInt8]?
      do {
        chunk = try text.next()
      } catch {
        // What was read so far must not pass for the whole file.
        let problem: LineProblem =
          error is DecompressionError ? .damaged("\(error)") : .unreadable("\(error)")
        throw PreferenceDataError.badLine(LineError(line: lastLine + 1, problem: problem))
      }
      guard let chunk else { return try cutter.finish(read) }
      try cutter.feed(chunk, read)
    }
  }

  /// The content of a file, which its first row decides.
  private struct Content {
    private(set) var kind: TrainingRow.Content?

    mutating func checked(_ rows: [TrainingRow]) -> Result<[TrainingRow], LineError> {
      for row in rows {
        let expected = kind ?? row.content
        kind = expected
        guard row.content != expected else { continue }
        return .failure(
          LineError(
            line: row.line, problem: .otherContent(found: row.content, expected: expected)))
      }
      return .success(rows)
    }
  }
}

/// Reads the rows of a file that `plumbline import` would read.
private struct ForeignTrainingReader {
  private let plan: ImportPlan
  private var reading: RowReading

  init(_ plan: ImportPlan) {
    self.plan = plan
    reading = RowReading(plan)
  }

  mutating func rows(_ row: RowCutter.Row) -> Result<[TrainingRow], LineError> {
    do {
      let value = ImportReader.element(try row.value.get(), in: plan.container, split: row.split)
      return .success(try rows(value, line: row.line))
    } catch {
      return .failure(LineError(line: row.line, problem: error))
    }
  }

  private mutating func rows(
    _ value: JSONValue, line: Int
  ) throws(LineProblem) -> [TrainingRow] {
    if case .string(let text) = value {
      return [TrainingRow(content: .prompt, line: line, prompt: .text(text))]
    }
    guard case .object(let members) = value else { throw .notAnObject(found: value.kind) }
    guard members.count <= ImportPlan.mostColumns else {
      throw .notJSON(
        "the row has \(members.count) keys, and \(ImportPlan.mostColumns) are read at most")
    }
    let shape = reading.shape(of: members)
    if shape == .rankings { return [try judgement(value, line: line)] }
    if let own = try promptOfRun(members, line: line) { return [own] }
    if !reading.namesPrompt(members),
      let row = TextPrompt.implicitPrompt(members, line: line)
    {
      return [row]
    }
    let isTable = plan.container.isTable && (shape == .prompts || shape == .columns)
    let found = try reading.rows(members, as: isTable ? .columns : shape)
    var rows: [TrainingRow] = []
    for row in found { rows += try TrainingRow.rows(row, members: members, line: line) }
    return rows
  }

  // A judgement in a JSON file that is not JSON Lines.
  private func judgement(_ value: JSONValue, line: Int) throws(LineProblem) -> TrainingRow {
    do {
      let bytes = CanonicalJSON.bytes(value)
      return TrainingRow(try PreferenceRecord.read(value, from: bytes[...]), line: line)
    } catch let problem as LineProblem {
      throw problem
    } catch let error as DecodingError {
      throw LineProblem(error)
    } catch {
      throw .notJSON("\(error)")
    }
  }

  // `prompts.jsonl` of a run. A conversation in it is the prompt, whoever speaks last.
  private func promptOfRun(
    _ members: [String: JSONValue], line: Int
  ) throws(LineProblem) -> TrainingRow? {
    guard let id = members["prompt_id"]?.stringValue, case .array(let turns)? = members["messages"],
      members.keys.allSatisfy({ ["prompt_id", "messages", "split"].contains($0) })
    else { return nil }
    var messages: [ChatMessage] = []
    for turn in turns { messages.append(try ChatMessage(json: turn, key: "messages")) }
    guard !messages.isEmpty else { throw .emptyPrompt }
    var row = TrainingRow(content: .prompt, line: line, id: id, prompt: .messages(messages))
    switch members["split"] {
    case nil, .null?: break
    case let value?:
      guard let split = value.stringValue.flatMap(Split.init(rawValue:)) else {
        throw .inconsistent(key: "split", reason: "must be train or validation")
      }
      row.split = split
    }
    return row
  }
}
