import Foundation
import Torch

extension CausalLanguageModel {
  /// Loads a Hugging Face folder. Weights that keep their type stay in the mapped file.
  public convenience init(
    folder: URL, precision: Precision = .automatic, device: Device = .cpu
  ) throws {
    let configuration = try ModelConfiguration(folder: folder)
    let type = configuration.computeType(precision, on: device)
    let source = try CheckpointSource(
      folder: folder, as: type, on: device, configuration: configuration)
    try self.init(configuration, source: source, computeType: type, device: device)
    try parameters.checkFinite(in: folder)
    source.releasePages()
  }

  /// Writes a Hugging Face folder with the tokenizer files of `tokenizerFolder`. Remaining adapters
  /// are merged into the written weights. The folder appears only when it is complete.
  ///
  /// - Parameter chatTemplate: Replaces the template of `tokenizerFolder`.
  public func save(to folder: URL, tokenizerFolder: URL, chatTemplate: String? = nil) throws {
    var configuration = configuration
    try configuration.addEndTokens(of: tokenizerFolder)
    try ModelFolderWriter.write(
      to: folder, configuration: configuration.transformersJSON(),
      generation: configuration.generationJSON(like: GenerationSettings(folder: tokenizerFolder)),
      tensors: storedTensors(), tokenizerFolder: tokenizerFolder, chatTemplate: chatTemplate)
  }

  /// Writes a folder that Transformers loads as a sequence classifier with one label: this trunk
  /// and `head` [1, D]. `bias`, which no preference depends on, goes into config.json.
  ///
  /// - Parameters:
  ///   - scoredToken: The token at which the score is read. Padding must be another token.
  ///   - chatTemplate: Replaces the tokenizer's template.
  public func saveClassifier(
    to folder: URL, head: Parameter, bias: Double, tokenizerFolder: URL, scoredToken: Int? = nil,
    chatTemplate: String? = nil
  ) throws {
    let headNames = configuration.architecture.family.headNames
    var configuration = configuration
    try configuration.addEndTokens(of: tokenizerFolder)
    let trunk = storedTensors().filter { !headNames.contains($0.name) }
    try ModelFolderWriter.write(
      to: folder,
      configuration: configuration.transformersJSON(scoreBias: bias, scoredToken: scoredToken),
      generation: configuration.generationJSON(like: GenerationSettings(folder: tokenizerFolder)),
      tensors: trunk + [(head.name, head.value.detached())], tokenizerFolder: tokenizerFolder,
      chatTemplate: chatTemplate)
  }

  /// Returns names and values as stored: adapters merged, in the configuration's type.
  func storedTensors() -> [(name: String, value: Tensor)] {
    ModelFolderWriter.storedTensors(parameters, architecture, configuration)
  }
}

extension MaskedLanguageModel {
  /// Writes a Hugging Face folder with the tokenizer files of `tokenizerFolder`. The folder appears
  /// only when it is complete.
  public func save(to folder: URL, tokenizerFolder: URL) throws {
    try ModelFolderWriter.write(
      to: folder, configuration: configuration.transformersJSON(),
      tensors: ModelFolderWriter.storedTensors(parameters, architecture, configuration),
      tokenizerFolder: tokenizerFolder)
  }
}

extension ModelConfiguration {
  /// Returns the compute type. For a small model it also sets the number of threads to one.
  func computeType(_ precision: Precision, on device: Device) -> DataType {
    let count = parameters.reduce(0) { $0 + $1.shape.reduce(1, *) }
    Backend.adaptThreads(toParameterCount: count)
    return precision.dataType(on: device, parameterCount: count)
  }
}

/// Functions that write model folders.
public enum ModelFolderWriter {
  /// Files that are copied from a base model to the models tuned from it.
  static let tokenizerFiles = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "chat_template.jinja",
  ]

  /// Returns names and values as stored: adapters merged, in the configuration's type.
  static func storedTensors(
    _ parameters: ParameterSet, _ architecture: any Architecture,
    _ configuration: ModelConfiguration
  ) -> [(name: String, value: Tensor)] {
    let type = DataType(rawValue: configuration.dataType.rawValue) ?? .float32
    let merged = Dictionary(
      uniqueKeysWithValues: architecture.linearLayers.map { ($0.weight.name, $0.storedWeight()) })
    return noGradient {
      parameters.all.map { ($0.name, (merged[$0.name] ?? $0.value).detached().to(type)) }
    }
  }

  /// Writes into a temporary folder and renames it, so that no incomplete model is found.
  ///
  /// - Parameter generation: The text of `generation_config.json`, for a model that generates
  ///   answers.
  static func write(
    to folder: URL, configuration: String, generation: String? = nil,
    tensors: [(name: String, value: Tensor)], tokenizerFolder: URL, chatTemplate: String? = nil
  ) throws {
    if let weight = NonFiniteWeight(firstIn: tensors) {
      throw LanguageModelError.malformed(
        file: folder.path, problem: "\(weight), so the model was not written",
        remedy: "Train again with a lower learningRate")
    }
    let files = FileManager.default
    let partial = folder.deletingLastPathComponent()
      .appending(path: ".\(folder.lastPathComponent).partial")
    do {
      try? files.removeItem(at: partial)
      try files.createDirectory(at: partial, withIntermediateDirectories: true)
      for name in tokenizerFiles + (chatTemplate == nil ? ["additional_chat_templates"] : []) {
        let source = tokenizerFolder.appending(path: name)
        if files.fileExists(atPath: source.path) {
          try files.copyItem(at: source, to: partial.appending(path: name))
        }
      }
      try TokenizerFiles.complete(partial, from: tokenizerFolder)
      if let chatTemplate { try write(chatTemplate: chatTemplate, to: partial) }
      try Data(configuration.utf8).write(to: partial.appending(path: "config.json"))
      if let generation {
        try Data(generation.utf8).write(to: partial.appending(path: GenerationSettings.fileName))
      }
      try writeTensors(tensors, to: partial.appending(path: "model.safetensors"))
      if files.fileExists(atPath: folder.path) { try files.removeItem(at: folder) }
      try files.moveItem(at: partial, to: folder)
    } catch {
      try? files.removeItem(at: partial)
      throw error
    }
  }

  /// Writes a template where all versions of Transformers look for it.
  private static func write(chatTemplate: String, to folder: URL) throws {
    try Data(chatTemplate.utf8).write(to: folder.appending(path: "chat_template.jinja"))
    let file = folder.appending(path: "tokenizer_config.json")
    guard FileManager.default.fileExists(atPath: file.path),
      var members = try JSON(file: file).members,
      let place = members.firstIndex(where: { $0.key == "chat_template" })
    else { return }
    members[place].value = .string(chatTemplate)
    try Data((JSON.object(members).text(indent: 2) + "\n").utf8).write(to: file)
  }

  /// Writes one safetensors file.
  public static func writeTensors(
    _ tensors: [(name: String, value: Tensor)], to file: URL
  ) throws {
    let entries = try tensors.map { name, value in
      guard let type = TensorDataType(rawValue: value.dataType.rawValue) else {
        throw LanguageModelError.invalid("\(name): \(value.dataType) cannot be stored.")
      }
      return SafetensorsWriter.Entry(name: name, dataType: type, shape: value.shape)
    }
    let writer = try SafetensorsWriter(path: file.path, entries: entries)
    for (_, value) in tensors { try value.withBytes { try writer.append($0) } }
    try writer.finish()
  }
}
