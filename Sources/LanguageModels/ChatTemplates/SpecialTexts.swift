import Foundation

/// The special tokens as the checkpoint spells them, under the names that templates read.
struct SpecialTexts: Sendable, Hashable {
  private var texts: [String: String] = [:]

  private static let names = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"].map {
    $0 + "_token"
  }

  var begin: String? { texts["bos_token"] }
  var end: String? { texts["eos_token"] }

  /// Names and texts, in the order of Transformers' `special_tokens_map`.
  var all: [(name: String, text: String)] {
    Self.names.compactMap { name in texts[name].map { (name, $0) } }
  }

  init() {}

  /// Reads `tokenizer_config.json`, and `special_tokens_map.json` for missing members.
  init(folder: URL) throws {
    for name in ["tokenizer_config.json", "special_tokens_map.json"] {
      let file = folder.appending(path: name)
      guard FileManager.default.fileExists(atPath: file.path) else { continue }
      let json = try JSON(file: file)
      for key in Self.names where texts[key] == nil {
        texts[key] = json[key]?.string ?? json[key]?["content"]?.string
      }
    }
  }

  init(gguf file: GGUFFile) {
    let tokens = file.metadata["tokenizer.ggml.tokens"]?.strings ?? []
    for (name, key) in [
      ("bos_token", "bos_token_id"), ("eos_token", "eos_token_id"),
      ("unk_token", "unknown_token_id"), ("sep_token", "seperator_token_id"),
      ("pad_token", "padding_token_id"), ("cls_token", "cls_token_id"),
      ("mask_token", "mask_token_id"),
    ] {
      texts[name] = file.metadata["tokenizer.ggml." + key]?.integer.flatMap {
        tokens.indices.contains($0) ? tokens[$0] : nil
      }
    }
  }
}
