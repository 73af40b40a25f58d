/// Names the shapes in which preferences leave the store.
public enum ExportFormat: String, Sendable, Hashable, Codable, CaseIterable {
  /// Everything, one line per judgement.
  case rankings
  /// One line per comparison, with texts, ids and margin.
  case pairs
  /// TRL's explicit conversational preference rows.
  case trlChat = "trl-chat"

  /// Finds a format by its name; throws `PreferenceDataError.unknownFormat`.
  public init(named name: String) throws {
    guard let format = Self(rawValue: name) else { throw PreferenceDataError.unknownFormat(name) }
    self = format
  }

  var writer: any ExportRowWriter.Type {
    switch self {
    case .rankings: RankingsWriter.self
    case .pairs: PairsWriter.self
    case .trlChat: TRLChatWriter.self
    }
  }
}

/// Describes a format: which rows a judgement becomes, and why it may become none.
protocol ExportRowWriter {
  /// Returns the rows of a judgement; throws `SkipReason` when it yields none.
  static func rows(of record: PreferenceRecord) throws(SkipReason) -> [JSONValue]
}

/// Says why a judgement yields no row in a format.
public enum SkipReason: String, Error, Sendable, Hashable, Codable {
  case onlyTies = "only ties"
  case noRanking = "no ranking"
}
