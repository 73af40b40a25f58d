import Foundation
import Foundations

/// Converts a checkpoint in any supported format to a Hugging Face folder.
public struct Conversion {
  /// Facts about the written model.
  public struct Summary: Sendable, Codable {
    public var model: String
    public var architecture: String
    public var parameters: Int
    public var dtype: String
    public var vocabulary: Int
    public var chatTemplate: Bool
  }

  /// Converts a GGUF file, a llama2.c file or a Hugging Face folder. The destination appears only
  /// when it is complete.
  ///
  /// - Parameters:
  ///   - tokenizer: The `tok….bin` of a llama2.c file, which contains no tokenizer.
  ///   - dataType: The type of the written weights; nil keeps the source's type, or float32 for
  /// quantised weights.
  @discardableResult
  public static func convert(
    source: URL, destination: URL, tokenizer: URL? = nil, dataType: TensorDataType? = nil,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> Summary {
    if let dataType, ![.float32, .float16, .bfloat16].contains(dataType) {
      throw LanguageModelError.invalid(
        "Weights cannot be written as \(dataType.rawValue). Choose float32, bfloat16 or float16.")
    }
    try checkIsFree(destination)
    let (weights, files) = try open(source, tokenizer: tokenizer)
    let names = CheckpointNames(weights.configuration, stored: weights.names.sorted())
    try names.check(file: source.path)
    var configuration = weights.configuration
    configuration.dataType = dataType ?? configuration.dataType

    let parent = destination.deletingLastPathComponent()
    let temporary = parent.appending(
      path: ".\(destination.lastPathComponent).partial-\(UInt64.random(in: 0...UInt64.max))")
    do {
      try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: true)
    } catch {
      throw LanguageModelError.inaccessible(path: parent.path, reason: "cannot be written to")
    }
    defer { try? FileManager.default.removeItem(at: temporary) }
    try files.write(to: temporary)
    try writeText(configuration.transformersJSON(), to: temporary, "config.json")
    try writeText(
      configuration.generationJSON(like: weights.generation), to: temporary,
      GenerationSettings.fileName)
    let parameters = try write(
      weights, names, configuration, to: temporary, progress: progress)
    guard rename(temporary.path, destination.path) == 0 else {
      throw LanguageModelError.inaccessible(destination.path)
    }
    return Summary(
      model: destination.path, architecture: configuration.architecture.transformersClass,
      parameters: parameters, dtype: configuration.dataType.torchName ?? "",
      vocabulary: configuration.vocabularySize, chatTemplate: files.chatTemplate != nil)
  }

  private static func checkIsFree(_ destination: URL) throws {
    guard let there = try? FileManager.default.contentsOfDirectory(atPath: destination.path) else {
      guard !FileManager.default.fileExists(atPath: destination.path) else {
        throw LanguageModelError.inaccessible(
          path: destination.path, reason: "is a file. Choose a folder to write to")
      }
      return
    }
    guard there.isEmpty else {
      throw LanguageModelError.inaccessible(
        path: destination.path, reason: "is not empty. Remove it, or choose another folder")
    }
  }

  private static func open(
    _ source: URL, tokenizer: URL?
  ) throws -> (WeightSource, TokenizerFiles) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: source.path, isDirectory: &isFolder) else {
      throw LanguageModelError.inaccessible(path: source.path, reason: "does not exist")
    }
    if isFolder.boolValue {
      return (try FolderSource(folder: source), try TokenizerFiles(folder: source))
    }
    let beginning = try MappedFile(path: source.path).withBytes { Array($0.prefix(4)) }
    if beginning.elementsEqual("GGUF".utf8) {
      let file = try GGUFFile(path: source.path)
      return (try GGUFSource(file: file), try TokenizerFiles(gguf: file))
    }
    let isPickle = beginning.first == 0x80 || beginning.starts(with: "PK".utf8)
    if isPickle || SafetensorsFolder.isPickle(source.lastPathComponent) {
      throw SafetensorsFolder.pickleRefusal(source.path)
    }
    guard source.pathExtension == "bin" else {
      throw LanguageModelError.unsupported(
        file: source.path, problem: "is not a supported checkpoint",
        remedy: "Give a GGUF file, a llama2.c .bin file, or a folder with model.safetensors")
    }
    let file = try Llama2CFile(path: source.path)
    let vocabulary = try llama2CTokenizer(
      beside: source, given: tokenizer, count: file.configuration.vocabularySize)
    return (Llama2CSource(file: file), TokenizerFiles(llama2C: vocabulary))
  }

  private static func llama2CTokenizer(
    beside source: URL, given: URL?, count: Int
  ) throws -> Llama2CVocabulary {
    let file = given ?? source.deletingLastPathComponent().appending(path: "tok\(count).bin")
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw LanguageModelError.inaccessible(
        path: file.path,
        reason: "does not exist. Choose the tokenizer of this model with --tokenizer")
    }
    return try Llama2CVocabulary(path: file.path, count: count)
  }

  private static func write(
    _ weights: WeightSource, _ names: CheckpointNames, _ configuration: ModelConfiguration,
    to folder: URL, progress: (Int, Int) -> Void
  ) throws -> Int {
    let parameters = configuration.parameters
    let writer = try SafetensorsWriter(
      path: folder.appending(path: "model.safetensors").path,
      entries: parameters.map {
        .init(name: $0.name, dataType: configuration.dataType, shape: $0.shape)
      })
    var total = 0
    for (index, parameter) in parameters.enumerated() {
      guard let (shape, floats) = weights.weight(named: names.stored(parameter.name)),
        shape == parameter.shape
      else {
        throw LanguageModelError.malformed(
          file: folder.path,
          problem: "\(parameter.name) does not have the shape \(parameter.shape)",
          remedy: "The configuration and the weights belong to different models")
      }
      try floats.withUnsafeBufferPointer { floats in
        if configuration.dataType == .float32 {
          try writer.append(UnsafeRawBufferPointer(floats))
        } else {
          try configuration.dataType.encode(floats).withUnsafeBytes { try writer.append($0) }
        }
      }
      total += floats.count
      progress(index + 1, parameters.count)
    }
    try writer.finish()
    return total
  }

  static func writeText(_ text: String, to folder: URL, _ name: String) throws {
    let output = try AtomicFile(path: folder.appending(path: name).path)
    try output.write(text)
    try output.commit()
  }
}
