import Foundation
import LanguageModels
import PreferenceData
import Torch

extension CausalLanguageModel {
  /// Writes the adapters as PEFT does: adapter_model.safetensors and adapter_config.json.
  func saveAdapters(to folder: URL, rank: Int, alpha: Double, base: URL) throws {
    let adapters = trainedParameters.filter { $0.name.contains(Self.adapterMark) }
    let layers = adapters.compactMap { $0.name.components(separatedBy: Self.adapterMark).first }
    let targets = Set(layers.compactMap { $0.split(separator: ".").last.map(String.init) })
    let configuration: JSONValue = [
      "peft_type": "LORA", "task_type": "CAUSAL_LM",
      "base_model_name_or_path": .string(base.path), "r": .integer(rank),
      "lora_alpha": .number(alpha), "lora_dropout": .number(0), "bias": "none",
      "fan_in_fan_out": .bool(false), "inference_mode": .bool(true),
      "target_modules": .array(targets.sorted().map(JSONValue.string)),
    ]
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try ModelFolderWriter.writeTensors(
        adapters.map { ("base_model.model." + $0.name, $0.value.detached()) },
        to: folder.appending(path: "adapter_model.safetensors"))
      try Data((CanonicalJSON.text(configuration) + "\n").utf8).write(
        to: folder.appending(path: "adapter_config.json"), options: .atomic)
    } catch let error as CocoaError {
      throw AlignmentError.output(path: folder.path, reason: error.localizedDescription)
    }
  }

  private static let adapterMark = ".lora_"
}
