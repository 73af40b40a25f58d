import Foundation
import PreferenceData

/// What a run was made of: enough to say whether two models come from the same things.
struct Lineage {
  /// The folder of the model that it began with; empty for a new model.
  var base: String
  var dataset: String
  var datasetSHA256: String?
  /// The SHA-256 of everything that was read, by its name.
  var inputs: JSONValue
  /// The base's own `lineage.json`, where it has one.
  var parent: JSONValue?

  init(_ request: StageRequest, _ inputs: RunInputs) {
    base = request.isWithoutModel ? "" : request.model.path
    dataset = request.dataset
    datasetSHA256 = inputs.hashes["dataset"]
    self.inputs = inputs.json
    let file = request.model.appending(path: "lineage.json")
    parent = FileManager.default.contents(atPath: file.path).flatMap { try? JSONValue(parsing: $0) }
  }

  var json: JSONValue {
    var members: [String: JSONValue] = [
      "base": .string(base), "dataset": .string(dataset),
      "version": .string(PlumblineVersion.current), "inputs": inputs,
    ]
    members["datasetSHA256"] = datasetSHA256.map(JSONValue.string)
    members["parent"] = parent
    return .object(members)
  }

  var html: String {
    var rows = [("model", base), ("dataset", dataset), ("SHA-256", datasetSHA256 ?? "")]
    rows.append(("version", PlumblineVersion.current))
    if let parent { rows.append(("of the model", CanonicalJSON.text(parent))) }
    let items = rows.filter { !$0.1.isEmpty }.map {
      "<dt>\($0.0)</dt><dd>\($0.1.escaped)</dd>"
    }
    return "<h2>Lineage</h2><dl>\(items.joined(separator: "\n"))</dl>"
  }
}
