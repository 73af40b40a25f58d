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
  /// The number of answers of the accepted rows.
  public var answers = 0
  /// The judgements of the accepted rows.
  public var judgements = JudgementTally()
  /// The number of judgements in skipped rows. They are left out.
  public var skippedJudgements = 0
  /// How many of the accepted rows reopened a closed prompt with the same content.
  public var reopened = 0
  /// The import as the store lists it; nil if nothing was stored.
  public var id: ImportID?

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

  mutating func skip(_ record: PromptRecord) {
    duplicates += 1
    skippedJudgements += record.judgements.count
  }

  /// Forgets the accepted rows, because none is stored.
  mutating func acceptNothing() {
    accepted = 0
    answers = 0
    judgements = JudgementTally()
    reopened = 0
    id = nil
  }

  mutating func add(_ counts: ImportCounts) {
    answers += counts.answers
    judgements += counts.judgements
    reopened += counts.reopened
  }
}

/// Counts of rows that were stored or could be.
struct ImportCounts: Sendable {
  var answers = 0
  var judgements = JudgementTally()
  var reopened = 0
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
