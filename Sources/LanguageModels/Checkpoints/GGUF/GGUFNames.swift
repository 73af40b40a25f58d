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

  /// Returns an unknown name unchanged, so that errors quote it.
  static func transformersName(of name: String) -> String {
    if let other = otherNames[name] { return other }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "blk", let known = blockNames[String(parts[2])] else {
      return name
    }
    return "model.layers.\(parts[1]).\(known).\(parts[3])"
  }

  /// Returns nil for a weight without a name in GGUF.
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
  /// GGUF's name of a family, or nil if the family is not read or written as GGUF.
  var ggufName: String? {
    switch self {
    case .llama, .mistral: "llama"
    case .qwen2: "qwen2"
    case .qwen3: "qwen3"
    default: nil
    }
  }

  /// Whether GGUF stores queries and keys as interleaved pairs.
  var isInterleavedInGGUF: Bool { ggufName == "llama" }
}
