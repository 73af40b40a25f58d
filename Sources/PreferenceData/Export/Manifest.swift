import Foundation

/// Describes an export: what is in the file, and how to make it again.
public struct Manifest: Sendable, Hashable, Codable {
  /// Counts of a whole file or of one split.
  public struct Counts: Sendable, Hashable, Codable {
    public var prompts = 0
    public var judgements = 0
    /// Ordered pairs; ties are counted apart.
    public var comparisons = 0
    public var ties = 0
    public var rows = 0

    public init() {}
  }

  /// The prompts for which reviewers' decisions replace the labellers' judgements.
  public struct Decided: Sendable, Hashable, Codable {
    public var prompts = 0
    /// Judgements of labellers that the decisions stand in for.
    public var replaced = 0

    public init() {}
  }

  /// The version of the manifest's format.
  public static let currentVersion = 1

  public var version = Manifest.currentVersion
  public var task: String
  public var format: ExportFormat
  public var file: String
  /// The requested filter, such as `{"split": "train"}`.
  public var filter: [String: String]
  /// The meaning of labels and margins in this format.
  public var meaning: String?
  /// The Plumbline that wrote the file; manifests from before it was noted have none.
  public var plumbline: String?
  public var counts = Counts()
  public var splits: [String: Counts] = [:]
  /// How prompts were assigned to the splits; manifests from before there were two rules have none.
  public var splitRule: SplitPlan.Rule?
  public var skipped: [String: Int] = [:]
  /// How many judgements were taken back and are left out, by reason; nil when none was.
  public var retracted: [String: Int]?
  /// Nil if the export contains only the labellers' judgements.
  public var adjudicated: Decided?
  public var sha256 = ""
  public var bytes = 0
  /// The hash of the last event in the store's log; empty when the store had none.
  public var eventLogHead: String
  public var createdAt: String

  enum CodingKeys: String, CodingKey {
    case version, task, format, file, filter, meaning, plumbline, counts, splits, skipped
    case retracted, adjudicated, sha256, bytes
    case splitRule = "split_rule"
    case eventLogHead = "event_log_head"
    case createdAt = "created_at"
  }

  public init(
    task: String, format: ExportFormat, file: String, filter: [String: String] = [:],
    eventLogHead: String, createdAt: String
  ) {
    self.task = task
    self.format = format
    self.file = file
    self.filter = filter
    meaning = format.meaning
    plumbline = PlumblineVersion.current
    self.eventLogHead = eventLogHead
    self.createdAt = createdAt
  }

  /// The path of the manifest that belongs to a data file.
  public static func path(for dataPath: String) -> String {
    let suffix = ".jsonl"
    let stem = dataPath.hasSuffix(suffix) ? String(dataPath.dropLast(suffix.count)) : dataPath
    return stem + ".manifest.json"
  }

  /// Reads a manifest; throws `PreferenceDataError.unreadable`.
  public init(path: String) throws {
    do {
      self = try JSONDecoder().decode(
        Manifest.self, from: Data(contentsOf: URL(filePath: path)))
    } catch {
      throw PreferenceDataError.unreadable(path: path, reason: "it is not a manifest (\(error))")
    }
  }
}
