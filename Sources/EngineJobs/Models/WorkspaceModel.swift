import Foundation
import PreferenceData

/// A model of the workspace: `models/<name>/`, in Hugging Face's layout.
package struct WorkspaceModel: Sendable, Hashable {
  /// The model that the set-up installs: SmolLM2-135M-Instruct.
  package static let defaultBase = "smollm2-135m-instruct"

  package let name: String
  package let url: URL

  package init(_ name: String, in models: URL) {
    self.name = name
    url = models.appending(path: name, directoryHint: .isDirectory)
  }

  package var layout: ModelLayout { ModelLayout(url) }
  package var isComplete: Bool { layout.isComplete }

  /// The origin of a policy that was trained here; nil for an imported model.
  package var lineage: ModelLineage? { ModelLineage(of: layout) }

  /// Bytes of all files.
  package var size: Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    return names.reduce(0) { sum, name in
      let file = url.appending(path: name)
      return sum + ((try? file.resourceValues(forKeys: [.fileSizeKey]))?.fileSize ?? 0)
    }
  }

  /// Finds a model by name; throws `ModelFolderError.unknownModel`.
  package static func find(_ name: String, in models: URL) throws -> WorkspaceModel {
    let model = WorkspaceModel(name, in: models)
    // A name is one path component: "../elsewhere" must not lead out of the folder.
    guard !name.isEmpty, !name.contains("/"), !name.hasPrefix("."), model.isComplete else {
      throw ModelFolderError.unknownModel(name: name, folder: models.path)
    }
    return model
  }

  package static func all(in models: URL) -> [WorkspaceModel] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: models.path)) ?? []
    return names.map { WorkspaceModel($0, in: models) }.filter(\.isComplete)
      .sorted { $0.name.compare($1.name, options: .numeric) == .orderedAscending }
  }
}
