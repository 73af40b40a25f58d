import PreferenceData

/// The treatment of invalid lines in an import.
public enum ImportMode: String, Sendable, Hashable {
  /// Stores nothing if a line is invalid.
  case allOrNothing
  /// Leaves out invalid lines and lists them.
  case skipInvalid
  /// Checks all lines and stores nothing.
  case dryRun
}

/// The result of an import.
public struct ImportReport: Sendable, Hashable {
  /// The number of stored rows, or in a dry run of valid rows.
  public var accepted = 0
  public var rejected = 0
  /// The number of rows that are in the task already, or that repeat an earlier row. They are skipped.
  public var duplicates = 0
  /// The first errors, at most `errorLimit`.
  public var errors: [LineError] = []
  /// Whether the accepted rows are in the store.
  public var isStored = false

  /// Whether a row is not in the encoding that the file was read in.
  public var hasBadBytes: Bool {
    errors.contains { if case .notUTF8 = $0.problem { true } else { false } }
  }

  public static let errorLimit = 1000

  public init() {}

  mutating func reject(_ error: LineError) {
    rejected += 1
    if errors.count < Self.errorLimit { errors.append(error) }
  }
}

/// A step of an import.
public enum ImportEvent: Sendable, Hashable {
  /// The number of rows read and checked so far; nothing is stored yet.
  case checking(rows: Int)
  /// The number of rows stored so far, after all were checked.
  case storing(done: Int, of: Int)
  /// A row was rejected. Sent for every rejected row; the report keeps the first `errorLimit`
  /// errors.
  case rejected(LineError)
}
