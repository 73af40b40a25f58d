import Foundation
import Foundations
import PreferenceData

extension StageLineage {
  /// The inputs of the stage that `request` starts.
  init(_ request: StageRequest, _ inputs: RunInputs) {
    let file = ModelLayout(request.model).lineage
    self.init(
      base: request.isWithoutModel ? "" : request.model.path, dataset: request.dataset,
      datasetSHA256: inputs.hashes["dataset"], version: PlumblineVersion.current,
      inputs: inputs.hashes,
      parent: FileManager.default.contents(atPath: file.path)
        .flatMap { try? JSONValue(parsing: $0) })
    if request.datasets.count > 1 {
      let shares = (try? request.settings.section(DataOptions.self).shares) ?? []
      datasets = request.datasets.enumerated().map { number, path in
        Dataset(
          path: path, sha256: inputs.hashes[RunInputs.dataset(number)],
          share: shares.indices.contains(number) ? shares[number] : nil)
      }
    }
  }

  var html: String {
    var rows = [("model", base)]
    for one in datasets ?? [Dataset(path: dataset, sha256: datasetSHA256)] {
      let share = one.share.map { " (share \($0.short))" } ?? ""
      rows += [("dataset", one.path + share), ("SHA-256", one.sha256 ?? "")]
    }
    rows.append(("version", version))
    if let parent { rows.append(("lineage of the model", CanonicalJSON.text(parent))) }
    let items = rows.filter { !$0.1.isEmpty }.map {
      "<dt>\($0.0)</dt><dd>\($0.1.htmlEscaped)</dd>"
    }
    return "<h2>Lineage</h2><dl>\(items.joined(separator: "\n"))</dl>"
  }
}
