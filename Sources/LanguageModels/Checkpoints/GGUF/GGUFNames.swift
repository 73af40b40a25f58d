/// The names of weights in a GGUF file and in Transformers.
enum GGUFNames {
  private static let blockNames = [
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
    "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
  ]
  private static let otherNames = [
    "token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
  ]
  private static let blockNamesOfTransformers = Dictionary(
    uniqueKeysWithValues: blockNames.map { ($1, $0) })
  private static let otherNamesOfTransformers = Dictionary(
    uniqueKeysWithValues: otherNames.map { ($1, $0) })

  /// A name that is not known stays as it is, and is complained of by that name.
  static func transformersName(of name: String) -> String {
    if let other = otherNames[name] { return other }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "blk", let known = blockNames[String(parts[2])] else {
      return name
    }
    return "model.layers.\(parts[1]).\(known).\(parts[3])"
  }

  /// Nil for a weight that GGUF has no name for.
  static func ggufName(of name: String) -> String? {
    if let other = otherNamesOfTransformers[name] { return other }
    let parts = name.split(separator: ".")
    guard parts.count > 4, name.hasPrefix("model.layers."),
      let known = blockNamesOfTransformers[parts[3..<(parts.count - 1)].joined(separator: ".")]
    else { return nil }
    return "blk.\(parts[2]).\(known).\(parts[parts.count - 1])"
  }
}

extension ModelConfiguration.Architecture {
  /// The name that GGUF gives a family; nil for those that are not read or written so.
  var ggufName: String? {
    switch self {
    case .llama, .mistral: "llama"
    case .qwen2: "qwen2"
    case .qwen3: "qwen3"
    default: nil
    }
  }

  /// Whether GGUF keeps queries and keys in interleaved pairs.
  var isInterleavedInGGUF: Bool { ggufName == "llama" }
}
