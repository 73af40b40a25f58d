import Foundation
import PreferenceData

/// A model of the workspace: `models/<name>/`, in Hugging Face's layout.
package struct ModelFolder: Sendable, Hashable {
  /// The model that the set-up converts: SmolLM2-135M-Instruct.
  package static let defaultBase = "smollm2-135m-instruct"

  package let name: String
  package let url: URL

  package init(_ name: String, in models: URL) {
    self.name = name
    url = models.appending(path: name, directoryHint: .isDirectory)
  }

  package var lineageFile: URL { url.appending(path: "lineage.json") }

  /// Every file that makes a folder a model is there.
  package var isComplete: Bool {
    ["config.json", "model.safetensors", "tokenizer.json"].allSatisfy {
      FileManager.default.fileExists(atPath: url.appending(path: $0).path)
    }
  }

  /// The origin of the model; nil for a model that was not trained here.
  package var lineage: Lineage? {
    guard let data = try? Data(contentsOf: lineageFile) else { return nil }
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return try? decoder.decode(Lineage.self, from: data)
  }

  /// Bytes of all files.
  package var size: Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    return names.reduce(0) { sum, name in
      let file = url.appending(path: name)
      return sum + ((try? file.resourceValues(forKeys: [.fileSizeKey]))?.fileSize ?? 0)
    }
  }

  /// Finds a model by name; throws `ModelFolderError.unknownModel`.
  package static func find(_ name: String, in models: URL) throws -> ModelFolder {
    let model = ModelFolder(name, in: models)
    // A name is one path component: "../elsewhere" must not lead out of the folder.
    guard !name.isEmpty, !name.contains("/"), !name.hasPrefix("."), model.isComplete else {
      throw ModelFolderError.unknownModel(name: name, folder: models.path)
    }
    return model
  }

  package static func all(in models: URL) -> [ModelFolder] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: models.path)) ?? []
    return names.map { ModelFolder($0, in: models) }.filter(\.isComplete)
      .sorted { $0.name.compare($1.name, options: .numeric) == .orderedAscending }
  }
}
