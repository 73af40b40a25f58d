import Foundation

extension Conversion {
  /// Writes a Hugging Face folder as one GGUF file for llama.cpp and Ollama.
  ///
  /// - Parameter type: f32, f16, bf16 or q8_0. Tensors that cannot be divided into blocks become
  ///   f16, and vectors stay f32.
  @discardableResult
  public static func exportGGUF(
    source: URL, destination: URL, type: GGMLType,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> Summary {
    guard GGMLType.written.contains(type) else {
      throw LanguageModelError.invalid("GGUF is written as f32, f16, bf16 or q8_0, not \(type).")
    }
    guard !FileManager.default.fileExists(atPath: destination.path) else {
      throw LanguageModelError.inaccessible(
        path: destination.path, reason: "already exists. Remove it, or choose another file")
    }
    let weights = try FolderSource(folder: source)
    let configuration = weights.configuration
    let names = CheckpointNames(configuration, stored: weights.names.sorted())
    try names.check(file: source.path)
    let parameters = configuration.parameters
    let tensors = try parameters.map { parameter -> GGUFWriter.Tensor in
      guard let name = GGUFNames.ggufName(of: parameter.name) else {
        throw notWritten(source, "\(parameter.name) has no name in GGUF")
      }
      let isVector = parameter.shape.count == 1
      let fits = (parameter.shape.last ?? 0) % type.blockLength == 0
      return .init(name: name, type: isVector ? .f32 : fits ? type : .f16, shape: parameter.shape)
    }
    let factors = configuration.rotary?.ggufFactors(headSize: configuration.headWidth)
    let factorTensors = factors.map { name, values in
      [GGUFWriter.Tensor(name: name, type: .f32, shape: [values.count])]
    }
    let template = try TokenizerFiles(folder: source).chatTemplate
    let metadata =
      try configuration.ggufMetadata(source, type: type)
      + weights.generation.ggufMetadata
      + GGUFTokenizerWriter(folder: source, configuration: configuration).metadata()
      + (template.map { [("tokenizer.chat_template", .string($0))] } ?? [])
    var writer = try GGUFWriter(
      path: destination.path, metadata: metadata, tensors: (factorTensors ?? []) + tensors)
    if let factors { try writer.append(factors.values) }
    for (index, parameter) in parameters.enumerated() {
      guard let (shape, floats) = weights.weight(named: names.stored(parameter.name)),
        shape == parameter.shape
      else { throw notWritten(source, "\(parameter.name) is not \(parameter.shape)") }
      try writer.append(configuration.inGGUFOrder(floats, name: parameter.name))
      progress(index + 1, parameters.count)
    }
    try writer.finish()
    return Summary(
      model: destination.path, architecture: configuration.architecture.transformersClass,
      parameters: parameters.reduce(0) { $0 + $1.shape.reduce(1, *) }, dtype: "\(type)",
      vocabulary: configuration.vocabularySize, chatTemplate: template != nil)
  }

  static func notWritten(_ source: URL, _ problem: String) -> LanguageModelError {
    .unsupported(
      file: source.path, problem: problem,
      remedy: "Written as GGUF: Llama, Mistral without a window, Qwen2, Qwen3")
  }
}

extension ModelConfiguration {
  fileprivate func ggufMetadata(
    _ source: URL, type: GGMLType
  ) throws -> [(key: String, value: GGUFValue)] {
    guard let kind = architecture.ggufName else {
      throw Conversion.notWritten(source, "is a \(architecture.transformersClass)")
    }
    guard (0..<layers).allSatisfy({ mask(ofLayer: $0) == .causal }) else {
      throw Conversion.notWritten(source, "has layers with a sliding window")
    }
    guard let rotary, let scaling = rotary.scaling.ggufMetadata(kind: kind) else {
      throw Conversion.notWritten(
        source, "scales its rotary frequencies in a way that GGUF cannot express")
    }
    let fileTypes: [GGMLType: Int] = [.f32: 0, .f16: 1, .q8_0: 7, .bf16: 32]
    return [
      ("general.architecture", .string(kind)),
      ("general.name", .string(source.standardizedFileURL.lastPathComponent)),
      ("general.file_type", .integer(fileTypes[type] ?? 0)),
      ("general.quantization_version", .integer(2)),
      (kind + ".vocab_size", .integer(vocabularySize)),
      (kind + ".context_length", .integer(contextLength)),
      (kind + ".embedding_length", .integer(width)),
      (kind + ".block_count", .integer(layers)),
      (kind + ".feed_forward_length", .integer(feedForwardWidth)),
      (kind + ".attention.head_count", .integer(heads)),
      (kind + ".attention.head_count_kv", .integer(keyValueHeads)),
      (kind + ".attention.key_length", .integer(headWidth)),
      (kind + ".attention.value_length", .integer(headWidth)),
      (kind + ".attention.layer_norm_rms_epsilon", .number(normEpsilon)),
      (kind + ".rope.dimension_count", .integer(headWidth)),
      (kind + ".rope.freq_base", .number(rotary.theta)),
    ] + scaling
  }

  fileprivate func inGGUFOrder(_ floats: [Float], name: String) -> [Float] {
    let isQuery = name.contains(".q_proj.")
    guard architecture.isInterleavedInGGUF, isQuery || name.contains(".k_proj.") else {
      return floats
    }
    return RotaryOrder.interleaved(
      fromHalves: floats, heads: isQuery ? heads : keyValueHeads, headWidth: headWidth)
  }
}
