import Foundation

/// A checkpoint in the first format of llama2.c (`.bin`): seven integers, then float32 weights.
public struct Llama2CFile: Sendable {
  public let configuration: ModelConfiguration
  /// Named as in Transformers. Queries and keys keep the file's interleaved order.
  public let tensors: [TensorDescription]
  public let file: MappedFile

  static let headerByteCount = 28
  /// The first word of the later formats, "ak42".
  static let laterMagic: UInt32 = 0x616B_3432

  public init(path: String) throws {
    let file = try MappedFile(path: path)
    var reader = ByteReader(file: file, format: "llama2.c")
    let first = try reader.integer(UInt32.self)
    guard first != Self.laterMagic else {
      throw LanguageModelError.unsupported(
        file: path, problem: "is a later format of llama2.c",
        remedy: "Export it with --version 0, or as a Hugging Face folder")
    }
    reader.position = 0
    let header = try (0..<7).map { _ in Int(try reader.integer(Int32.self)) }
    let vocabularySize = abs(header[5])
    let configuration = ModelConfiguration(
      vocabularySize: vocabularySize, width: header[0], feedForwardWidth: header[1],
      layers: header[2], heads: header[3], keyValueHeads: header[4], contextLength: header[6],
      // A negative size means that the classifier has separate weights.
      tiesEmbeddings: header[5] > 0)
    try configuration.validate(file: path)
    guard header[0] % header[3] == 0 else {
      throw reader.malformed("the width \(header[0]) is not a multiple of \(header[3]) heads")
    }
    let tensors = try Self.layout(of: configuration, reader: reader)
    self.configuration = Self.withTokens(configuration)
    self.tensors = tensors
    self.file = file
  }

  /// Returns the stored bytes of a tensor of this file. They are valid while `file` lives.
  public func bytes(of tensor: TensorDescription) -> UnsafeRawBufferPointer {
    let range = tensor.offset..<(tensor.offset + tensor.byteCount)
    return UnsafeRawBufferPointer(rebasing: file.bytes[range])
  }

  /// llama2.c always starts with token 1 and ends at token 1 or 2.
  private static func withTokens(_ configuration: ModelConfiguration) -> ModelConfiguration {
    var configuration = configuration
    guard configuration.vocabularySize > 2 else { return configuration }
    configuration.beginToken = 1
    configuration.endTokens = [2]
    return configuration
  }

  /// The file groups weights by kind, each for all layers.
  private static func layout(
    of configuration: ModelConfiguration, reader: ByteReader
  ) throws -> [TensorDescription] {
    let width = configuration.width
    let hidden = configuration.feedForwardWidth
    let keys = configuration.keyValueHeads * configuration.headWidth
    var tensors: [TensorDescription] = []
    var offset = headerByteCount
    func append(_ name: String, _ shape: [Int]) throws {
      guard let byteCount = (shape + [4]).checkedProduct, byteCount <= reader.bytes.count - offset
      else { throw reader.malformed("is truncated: \(name) \(shape) does not fit") }
      tensors.append(
        TensorDescription(
          name: name, dataType: .float32, shape: shape, offset: offset, byteCount: byteCount))
      offset += byteCount
    }
    func appendLayers(_ name: String, _ shape: [Int]) throws {
      for layer in 0..<configuration.layers {
        try append("model.layers.\(layer).\(name).weight", shape)
      }
    }
    try append("model.embed_tokens.weight", [configuration.vocabularySize, width])
    try appendLayers("input_layernorm", [width])
    try appendLayers("self_attn.q_proj", [width, width])
    try appendLayers("self_attn.k_proj", [keys, width])
    try appendLayers("self_attn.v_proj", [keys, width])
    try appendLayers("self_attn.o_proj", [width, width])
    try appendLayers("post_attention_layernorm", [width])
    try appendLayers("mlp.gate_proj", [hidden, width])
    try appendLayers("mlp.down_proj", [width, hidden])
    try appendLayers("mlp.up_proj", [hidden, width])
    try append("model.norm.weight", [width])
    // Two tables of rotations, which can be computed from the configuration.
    let (table, overflows) = configuration.contextLength.multipliedReportingOverflow(
      by: configuration.headWidth * 4)
    guard !overflows, table <= reader.bytes.count - offset else {
      throw reader.malformed("is truncated: the tables of rotations do not fit")
    }
    offset += table
    if !configuration.tiesEmbeddings {
      try append("lm_head.weight", [configuration.vocabularySize, width])
    }
    guard offset == reader.bytes.count else {
      throw reader.malformed("\(reader.bytes.count - offset) bytes follow the weights")
    }
    return tensors
  }
}
