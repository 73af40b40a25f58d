/// An error in a data file: its place, its reason and the remedy.
public enum PreferenceDataError: Error, Sendable, Hashable {
  case unreadable(path: String, reason: String)
  /// A file of another kind; the reason says what to do.
  case otherKind(path: String, reason: String)
  case badLine(LineError)
  case unknownFormat(String)
  case unknownShape(String)
  case unknownEncoding(String)
  case badMapping(String)
  case noPromptColumn(path: String, columns: [String])
}

extension PreferenceDataError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "Cannot read \(path): \(reason). Check the path and its permissions."
    case .otherKind(let path, let reason):
      "Cannot read \(path): \(reason)."
    case .badLine(let error):
      error.description
    case .unknownFormat(let name):
      "Unknown format “\(name.quoted())”. Use one of: "
        + ExportFormat.allCases.map(\.rawValue).joined(separator: ", ") + "."
    case .unknownShape(let name):
      "Unknown format “\(name.quoted())”. Use auto or one of: "
        + ImportShape.allCases.map(\.rawValue).joined(separator: ", ") + "."
    case .unknownEncoding(let name):
      "Unknown encoding “\(name.quoted())”. Use auto or one of: "
        + TextEncoding.allCases.map(\.rawValue).joined(separator: ", ") + "."
    case .badMapping(let text):
      "Cannot use the mapping “\(text.quoted(atMost: 500))”. Write it like prompt=COLUMN,response=COLUMN,response=COLUMN; "
        + "the names are prompt, response, source, system, id, chosen, rejected, preference, judge, "
        + "and a prompt or chosen and rejected must be among them. Put a column whose name has a "
        + "comma in double quotes."
    case .noPromptColumn(let path, let columns):
      "Nothing in \(path) looks like a prompt; there are: "
        + "\(columns.prefix(50).joined(separator: ", ").quoted(atMost: 1000)). Say which it is with a mapping, such as prompt=\(columns.first ?? "COLUMN")."
    }
  }
}

/// An error in one line of a data file.
public struct LineError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Counts from 1, blank lines included.
  public var line: Int
  public var problem: LineProblem

  public init(line: Int, problem: LineProblem) {
    self.line = line
    self.problem = problem
  }

  public var message: String { problem.description }
  public var description: String { "Line \(line): \(problem)" }
}

/// Names what can be wrong with a line.
public enum LineProblem: Error, Sendable, Hashable {
  case unreadable(String)
  /// The rest of the file cannot be unpacked.
  case damaged(String)
  case tooLong(limit: Int)
  case notUTF8(byte: Int)
  /// A NUL in a text.
  case zeroByte
  case notJSON(String)
  case csv(String)
  case notAnObject(found: String)
  case missing(String)
  case wrongType(key: String, expected: String)
  case emptyPrompt
  /// A turn without words; turns are counted from 1.
  case emptyTurn(Int)
  /// A turn of the list `key` that cannot be read; turns are counted from 1.
  case badTurn(key: String, turn: Int, reason: String)
  case unknownRole(String)
  case responseCount(Int)
  case emptyResponse(Int)
  case duplicateResponse(Int, Int)
  case duplicateID(String)
  case duplicatePrompt(of: String)
  case repeatedPrompt(line: Int)
  case inconsistent(key: String, reason: String)
  /// A row of a dataset that says something else than the rows before it.
  case otherContent(found: TrainingRow.Content, expected: TrainingRow.Content)
}

extension LineProblem {
  /// Whether the row says nothing new, so that it can be skipped.
  public var isRepetition: Bool {
    switch self {
    case .duplicatePrompt, .repeatedPrompt: true
    default: false
    }
  }
}

extension LineProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let reason):
      "the file could not be read further (\(reason)). Check the disk and try again."
    case .damaged(let reason):
      "from here on, \(reason)."
    case .tooLong(let limit):
      "the line is longer than \(limit / (1 << 20)) MB. Is every record on a separate line?"
    case .notUTF8(let byte):
      "byte \(byte) is not valid UTF-8. Save the file as UTF-8, or choose its encoding."
    case .zeroByte:
      "a text contains a zero byte (NUL). Remove it."
    case .notJSON(let reason):
      "not valid JSON (\(reason)). Every line must be one complete JSON object."
    case .csv(let reason):
      "\(reason)."
    case .notAnObject(let found):
      "the line is \(found), not a JSON object such as {\"prompt\": \"…\"}."
    case .missing(let key):
      "“\(key.quoted())” is missing. Add it."
    case .wrongType(let key, let expected):
      "“\(key.quoted())” must be \(expected)."
    case .emptyPrompt:
      "the prompt is empty. Give it some text, or remove the line."
    case .emptyTurn(let turn):
      "turn \(turn) of the conversation is empty. Give it some text, or remove the line."
    case .badTurn(let key, let turn, let reason):
      "turn \(turn) of “\(key.quoted())” \(reason)."
    case .unknownRole(let role):
      "unknown role “\(role.quoted())”. Use system, user, assistant or tool."
    case .responseCount(let count):
      "\(count) response\(count == 1 ? "" : "s"): nothing to rank. Give 2 to 9 responses, or none "
        + "and let a model answer."
    case .emptyResponse(let index):
      "response \(index + 1) is empty. Give it some text, or remove it."
    case .duplicateResponse(let first, let second):
      "responses \(first + 1) and \(second + 1) are the same. Remove one of them."
    case .duplicateID(let id):
      "the id “\(id.quoted(atMost: 200))” is already taken. Ids must be unique within a task."
    case .duplicatePrompt(let id):
      "the same prompt is already there as “\(id.quoted(atMost: 200))”. Remove the line."
    case .repeatedPrompt(let line):
      "duplicate of line \(line): same prompt and same answers. Remove one of the two lines."
    case .inconsistent(let key, let reason):
      "“\(key.quoted())” \(reason)."
    case .otherContent(let found, let expected):
      "the row has \(found.words), but the rows before it have \(expected.words). "
        + "Add what is missing, remove the line, or put it into another file."
    }
  }
}
