import PreferenceData

/// Says how an import treats bad lines.
public enum ImportMode: String, Sendable, Hashable {
  /// One bad line, and nothing is stored.
  case allOrNothing
  /// Bad lines are left out and listed.
  case skipInvalid
  /// Everything is checked, nothing is stored.
  case dryRun
}

/// Says what an import did.
public struct ImportReport: Sendable, Hashable {
  /// Rows stored; in a dry run, rows that would be.
  public var accepted = 0
  public var rejected = 0
  /// The first bad lines, at most `errorLimit`.
  public var errors: [LineError] = []
  /// Whether the accepted rows are in the store.
  public var isStored = false

  public static let errorLimit = 1000

  public init() {}

  mutating func reject(_ error: LineError) {
    rejected += 1
    if errors.count < Self.errorLimit { errors.append(error) }
  }
}

/// Says what an import is doing.
public enum ImportEvent: Sendable, Hashable {
  /// Rows are read and checked; nothing is stored yet.
  case checking(rows: Int)
  /// All are checked; they are being stored.
  case storing(done: Int, of: Int)
  /// A row is left out; every one is told, where the report keeps only the first.
  case rejected(LineError)
}
