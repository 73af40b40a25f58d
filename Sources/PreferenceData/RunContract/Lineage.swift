import Foundation
import Foundations

/// The inputs of one stage, by path and by contents: the member `lineage` of `report.json`.
public struct StageLineage: Sendable, Equatable {
  /// The folder of the model that the stage started from; empty for a new model.
  public var base: String
  public var dataset: String
  /// The SHA-256 of the dataset; of the first one if there are several.
  public var datasetSHA256: String?
  /// The datasets, if there are several.
  public var datasets: [Dataset]?
  /// The version of Plumbline that trained.
  public var version: String
  /// The SHA-256 of everything that was read, by its name; nil in reports of old versions.
  public var inputs: [String: String]?
  /// The `lineage.json` of the base model, if it has one.
  public var parent: JSONValue?

  /// One of several datasets.
  public struct Dataset: Sendable, Equatable {
    public var path: String
    public var sha256: String?
    /// The share of the examples of an epoch; nil for a file that is used once and whole.
    public var share: Double?

    public init(path: String, sha256: String?, share: Double? = nil) {
      self.path = path
      self.sha256 = sha256
      self.share = share
    }

    init?(json: JSONValue) {
      guard let path = json["path"]?.stringValue else { return nil }
      self.init(
        path: path, sha256: json["sha256"]?.stringValue, share: json["share"]?.doubleValue)
    }

    var json: JSONValue {
      [
        "path": .string(path), "sha256": .optional(sha256.map(JSONValue.string)),
        "share": .optional(share.map(JSONValue.number)),
      ]
    }
  }

  public init(
    base: String, dataset: String, datasetSHA256: String?, version: String,
    inputs: [String: String]?, parent: JSONValue?
  ) {
    self.base = base
    self.dataset = dataset
    self.datasetSHA256 = datasetSHA256
    self.version = version
    self.inputs = inputs
    self.parent = parent
  }

  /// Reads a lineage. Returns nil if `base`, `dataset` or `version` is missing.
  init?(json: JSONValue) {
    guard let base = json["base"]?.stringValue, let dataset = json["dataset"]?.stringValue,
      let version = json["version"]?.stringValue
    else { return nil }
    self.init(
      base: base, dataset: dataset, datasetSHA256: json["datasetSHA256"]?.stringValue,
      version: version, inputs: json["inputs"]?.objectValue?.compactMapValues(\.stringValue),
      parent: json["parent"])
    datasets = json["datasets"]?.arrayValue?.compactMap(Dataset.init(json:))
  }

  var json: JSONValue {
    var members: [String: JSONValue] = [
      "base": .string(base), "dataset": .string(dataset), "version": .string(version),
    ]
    members["inputs"] = inputs.map { .object($0.mapValues(JSONValue.string)) }
    members["datasetSHA256"] = datasetSHA256.map(JSONValue.string)
    members["parent"] = parent
    members["datasets"] = datasets.map { .array($0.map(\.json)) }
    return .object(members)
  }
}

/// The origin of a registered policy, complete enough to train it again: `lineage.json`.
public struct ModelLineage: Codable, Sendable, Equatable {
  public let name: String
  public let task: String
  public let run: String
  /// The model that training started from; a policy of an earlier round has its own lineage.
  public let parent: String
  /// The first model of the chain, which was imported.
  public let base: String
  public let method: String
  public let seed: Int
  public let settings: [String: String]
  public let configuration: String?
  public let dataset: Dataset
  /// The report of each stage, by the stage's name.
  public let stages: [String: JSONValue]
  public let version: String
  public let createdAt: Date

  /// The dataset that the policy was trained on.
  public struct Dataset: Codable, Sendable, Equatable {
    public let sha256: String
    public let counts: DatasetCounts

    public init(sha256: String, counts: DatasetCounts) {
      self.sha256 = sha256
      self.counts = counts
    }
  }

  public init(
    name: String, task: String, run: String, parent: String, base: String, method: String,
    seed: Int, settings: [String: String], configuration: String?, dataset: Dataset,
    stages: [String: JSONValue], version: String, createdAt: Date
  ) {
    self.name = name
    self.task = task
    self.run = run
    self.parent = parent
    self.base = base
    self.method = method
    self.seed = seed
    self.settings = settings
    self.configuration = configuration
    self.dataset = dataset
    self.stages = stages
    self.version = version
    self.createdAt = createdAt
  }

  /// Reads the lineage of a model. Returns nil if the model was imported and has none.
  public init?(of model: ModelLayout) {
    guard let data = try? Data(contentsOf: model.lineage) else { return nil }
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    guard let lineage = try? decoder.decode(Self.self, from: data) else { return nil }
    self = lineage
  }

  public func write(to model: ModelLayout) throws {
    try AtomicFile.write(Array(JSONText.pretty(self).utf8), to: model.lineage.path)
  }
}

/// JSON for files that people read too: indented, keys sorted, dates as ISO 8601.
public enum JSONText {
  public static func pretty(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }
}
