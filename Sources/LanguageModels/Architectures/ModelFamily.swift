import Torch

/// A family of models: reads and writes its `config.json` and builds its layers. A new family is a
/// file in this folder and a case of `ModelConfiguration.Architecture`.
protocol ModelFamily {
  /// The class in `config.json`, such as `LlamaForCausalLM`.
  static var transformersClass: String { get }
  /// The class of a reward model.
  static var classifierClass: String { get }
  /// The prefix of all names in a checkpoint. Checkpoints of the bare trunk omit it.
  static var namePrefix: String { get }
  /// The names of the output layer, which a reward model does not have.
  static var headNames: [String] { get }

  static func read(_ config: ConfigurationReader) throws -> ModelConfiguration

  /// The members of `config.json` that not all families share.
  static func members(_ configuration: ModelConfiguration) -> [(key: String, value: JSON)]

  static func build(
    _ configuration: ModelConfiguration, _ scope: ParameterScope, hasHead: Bool
  ) throws -> any Architecture

  /// Whether a stored tensor can be computed from others or is not needed by a language model.
  static func isRedundant(_ name: String, _ configuration: ModelConfiguration) -> Bool
}

extension ModelFamily {
  static var headNames: [String] { ["lm_head.weight"] }

  static func isRedundant(_ name: String, _ configuration: ModelConfiguration) -> Bool {
    // Some checkpoints store the tied head too, and old ones the rotary frequencies.
    name.hasSuffix("rotary_emb.inv_freq")
      || (configuration.tiesEmbeddings && headNames.contains(name))
  }
}

extension ModelConfiguration {
  /// The families that the engine supports, by the `model_type` of `config.json`.
  public enum Architecture: String, Sendable, CaseIterable {
    case llama
    case mistral
    case qwen2
    case qwen3
    case gemma3 = "gemma3_text"
    case gpt2
    case gptNeoX = "gpt_neox"
    case bert
    case roberta

    var family: any ModelFamily.Type {
      switch self {
      case .llama: Llama.self
      case .mistral: Mistral.self
      case .qwen2: Qwen2.self
      case .qwen3: Qwen3.self
      case .gemma3: Gemma3.self
      case .gpt2: GPT2.self
      case .gptNeoX: GPTNeoX.self
      case .bert: BERT.self
      case .roberta: RoBERTa.self
      }
    }

    /// The class name in `config.json`.
    public var transformersClass: String { family.transformersClass }

    /// The class name of a reward model in `config.json`.
    public var transformersClassifierClass: String { family.classifierClass }

    /// Whether it fills masked positions instead of continuing the text.
    public var isMasked: Bool { self == .bert || self == .roberta }

    static var supported: String {
      "Supported: " + allCases.map(\.transformersClass).joined(separator: ", ")
    }
  }

  /// The name and shape of every weight, as Transformers names them, in checkpoint order.
  public var parameters: [(name: String, shape: [Int])] {
    let recorder = ShapeRecorder()
    let scope = ParameterScope(source: recorder, parameters: ParameterSet())
    // The recorder never throws, and a configuration that cannot be built has no weights to name.
    _ = try? architecture.family.build(self, scope, hasHead: true)
    return recorder.parameters
  }
}

/// Records which weights an architecture asks for, and returns tensors that use no memory.
private final class ShapeRecorder: ParameterSource {
  private(set) var parameters: [(name: String, shape: [Int])] = []
  private let zero = Tensor.zeros([1])

  func value(_ name: String, shape: [Int]) -> Tensor {
    parameters.append((name, shape))
    return zero.reshaped(shape.map { _ in 1 }).expanded(shape)
  }
}
