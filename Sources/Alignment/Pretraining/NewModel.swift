import Foundation
import LanguageModels
import PreferenceData
import Torch

/// Models with random initial weights, described by the `config.json` of their family.
struct NewModel {
  let options: NewModelOptions
  let context: Int
  let vocabularySize: Int
  let endToken: Int
  let paddingToken: Int?

  /// The configuration, read back from what Transformers would read.
  func configuration(in folder: URL) throws -> ModelConfiguration {
    let file = folder.appending(path: "config.json")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data((CanonicalJSON.text(.object(try members())) + "\n").utf8).write(
        to: file, options: .atomic)
    } catch let error as CocoaError {
      throw AlignmentError.output(path: file.path, reason: error.localizedDescription)
    }
    return try ModelConfiguration(folder: folder)
  }

  private func members() throws -> [String: JSONValue] {
    let (layers, heads, width) = (options.layers, options.heads, options.width)
    var members: [String: JSONValue] = [
      "vocab_size": .integer(vocabularySize), "bos_token_id": .integer(endToken),
      "eos_token_id": .integer(endToken), "tie_word_embeddings": true,
      "model_type": .string(options.architecture), "torch_dtype": "float32",
    ]
    switch options.architecture {
    case "gpt2":
      members.merge([
        "architectures": ["GPT2LMHeadModel"], "n_layer": .integer(layers),
        "n_head": .integer(heads), "n_embd": .integer(width), "n_positions": .integer(context),
        "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5,
      ]) { $1 }
    case "llama":
      members.merge([
        "architectures": ["LlamaForCausalLM"], "num_hidden_layers": .integer(layers),
        "num_attention_heads": .integer(heads), "num_key_value_heads": .integer(heads),
        "hidden_size": .integer(width), "head_dim": .integer(width / heads),
        // 8/3 of the width in 64s: the parameters of a feed-forward layer four times as wide.
        "intermediate_size": .integer((width * 8 / 3 + 63) / 64 * 64),
        "max_position_embeddings": .integer(context), "rms_norm_eps": 1e-5,
        "hidden_act": "silu", "rope_theta": 10000, "attention_bias": false, "mlp_bias": false,
      ]) { $1 }
    case "bert", "roberta": members.merge(try encoderMembers()) { $1 }
    default:
      throw AlignmentError.badSetting(
        key: "model.architecture", value: options.architecture,
        expected: "gpt2 or llama (next-token), bert or roberta (masked)")
    }
    return members
  }

  private func encoderMembers() throws -> [String: JSONValue] {
    var places = context
    if options.architecture == "roberta" {
      // Its places are counted from the padding's id on.
      guard let paddingToken else {
        throw AlignmentError.badSetting(
          key: "model.architecture", value: "roberta",
          expected: "a tokenizer with the token <pad>, or bert")
      }
      places += paddingToken + 1
    }
    return [
      "architectures": [options.architecture == "bert" ? "BertForMaskedLM" : "RobertaForMaskedLM"],
      "num_hidden_layers": .integer(options.layers), "hidden_size": .integer(options.width),
      "num_attention_heads": .integer(options.heads),
      "intermediate_size": .integer(4 * options.width),
      "max_position_embeddings": .integer(places), "type_vocab_size": 1, "hidden_act": "gelu",
      "layer_norm_eps": 1e-12, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
      "pad_token_id": paddingToken.map(JSONValue.integer) ?? .null,
    ]
  }

  /// N(0, 0.02²); what writes to the residual stream of a decoder is scaled by 1/√(2 · layers)
  /// (Radford et al. 2019; `docs/recipe.md`, S7).
  func firstValues(_ generator: Generator) -> RandomSource {
    let residual = 0.02 / Double(2 * options.layers).squareRoot()
    return RandomSource(generator: generator) { name in
      ["attn.c_proj.weight", "mlp.c_proj.weight", "o_proj.weight", "down_proj.weight"]
        .contains { name.hasSuffix($0) } ? residual : 0.02
    }
  }
}
