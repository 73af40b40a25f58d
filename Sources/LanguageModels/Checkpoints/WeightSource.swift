import Foundation

/// A checkpoint in any format, with weights named and ordered as in Transformers.
protocol WeightSource {
  var configuration: ModelConfiguration { get }
  /// The model's default sampling settings.
  var generation: GenerationSettings { get }
  /// The names of the weights.
  var names: Set<String> { get }
  /// Returns the elements of a weight with its shape, or nil if there is no weight of that name.
  func weight(named name: String) -> (shape: [Int], floats: [Float])?
}

/// The weights of a Hugging Face folder.
struct FolderSource: WeightSource {
  let configuration: ModelConfiguration
  let generation: GenerationSettings
  private let weights: SafetensorsFolder

  init(folder: URL) throws {
    var configuration = try ModelConfiguration(folder: folder)
    weights = try SafetensorsFolder(folder)
    for file in weights.files {
      for tensor in file.tensors {
        guard [.float32, .float16, .bfloat16].contains(tensor.dataType) else {
          throw LanguageModelError.unsupported(
            file: file.file.path,
            problem: "tensor \(tensor.name) is stored as \(tensor.dataType.rawValue)",
            remedy: "Supported: F32, F16, BF16")
        }
        configuration.dataType = tensor.dataType
      }
    }
    self.configuration = configuration
    generation = try GenerationSettings(folder: folder)
  }

  var names: Set<String> { Set(weights.names) }

  func weight(named name: String) -> (shape: [Int], floats: [Float])? {
    guard let (file, tensor) = weights.tensor(named: name),
      let floats = tensor.dataType.decode(file.bytes(of: tensor))
    else { return nil }
    return (tensor.shape, floats)
  }
}

/// The weights of a llama2.c file.
struct Llama2CSource: WeightSource {
  let file: Llama2CFile
  private let tensors: [String: TensorDescription]

  init(file: Llama2CFile) {
    self.file = file
    tensors = Dictionary(
      file.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  var configuration: ModelConfiguration { file.configuration }
  var generation: GenerationSettings { GenerationSettings() }
  var names: Set<String> { Set(tensors.keys) }

  func weight(named name: String) -> (shape: [Int], floats: [Float])? {
    guard let tensor = tensors[name], let floats = tensor.dataType.decode(file.bytes(of: tensor))
    else { return nil }
    return (tensor.shape, configuration.inHalves(floats, name: name))
  }
}

/// The weights of a GGUF file.
struct GGUFSource: WeightSource {
  let file: GGUFFile
  let configuration: ModelConfiguration
  let generation: GenerationSettings
  private let tensors: [String: GGUFTensor]

  init(file: GGUFFile) throws {
    self.file = file
    configuration = try ModelConfiguration(gguf: file)
    generation = GenerationSettings(gguf: file)
    tensors = Dictionary(
      // The factors of the rotary frequencies are part of the configuration.
      file.tensors.filter { $0.name != RotaryScaling.factorsName }
        .map { (GGUFNames.transformersName(of: $0.name), $0) },
      uniquingKeysWith: { first, _ in first })
  }

  var names: Set<String> { Set(tensors.keys) }

  func weight(named name: String) -> (shape: [Int], floats: [Float])? {
    guard let tensor = tensors[name] else { return nil }
    let floats = file.floats(of: tensor)
    guard configuration.architecture.isInterleavedInGGUF else { return (tensor.shape, floats) }
    return (tensor.shape, configuration.inHalves(floats, name: name))
  }
}

extension ModelConfiguration {
  /// Reorders queries and keys for Transformers' rotation. Returns other weights unchanged.
  fileprivate func inHalves(_ floats: [Float], name: String) -> [Float] {
    let heads: Int
    if name.contains(".q_proj.") {
      heads = self.heads
    } else if name.contains(".k_proj.") {
      heads = keyValueHeads
    } else {
      return floats
    }
    guard floats.count % (heads * headWidth) == 0 else { return floats }
    return RotaryOrder.halves(fromInterleaved: floats, heads: heads, headWidth: headWidth)
  }
}
