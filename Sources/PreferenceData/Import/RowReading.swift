/// Reads the rows of other tools, each in its shape. Importing and training share it.
struct RowReading {
  private let plan: ImportPlan
  private var cache: RowKeyCache
  private var list = MessageList()

  init(_ plan: ImportPlan) {
    self.plan = plan
    cache = RowKeyCache(columns: plan.columns)
  }

  /// Returns the shape that the keys of a row indicate.
  mutating func shape(of members: [String: JSONValue]) -> ImportShape {
    ImportShape.detect(members, cache.keys(of: members))
  }

  /// Whether a key of the row is the name of a prompt.
  mutating func namesPrompt(_ members: [String: JSONValue]) -> Bool {
    !cache.keys(of: members).prompts.isEmpty
  }

  /// Reads a row by the meaning of its keys, whatever its shape.
  mutating func anyRow(_ members: [String: JSONValue]) throws(LineProblem) -> ImportedRow {
    try ForeignRowReader.read(members, cache.keys(of: members))
  }

  /// Reads a row as a shape. A tree of messages has several prompts, and a flat message may have none.
  mutating func rows(
    _ members: [String: JSONValue], as shape: ImportShape
  ) throws(LineProblem) -> [ImportedRow] {
    switch shape {
    case .oasst where MessageList.isMessage(members):
      return try list.row(members).map { [$0] } ?? []
    case .oasst: return try MessageTree.rows(members)
    case .prism where members["conversation_history"] != nil:
      return try ImportedRow.prism(members)
    case .prism: return [try ImportedRow.prismUtterance(members)]
    case .openWebUI: return [try ImportedRow.openWebUI(members)]
    case .labelStudio: return [try .labelStudio(members, &cache)]
    case .argilla: return [try .argilla(members, &cache)]
    case .fineGrained: return [try .fineGrained(members, &cache)]
    case .columns where !plan.isAutomatic:
      return [try ForeignRowReader.read(members, RowKeys(plan.mapping))]
    default:
      return [
        try ForeignRowReader.read(
          members, cache.keys(of: members), allowsLaterTurns: shape == .arena)
      ]
    }
  }
}
