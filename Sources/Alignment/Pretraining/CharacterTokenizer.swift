import Foundation
import PreferenceData

/// A tokenizer whose tokens are the characters (Unicode scalars) of one text.
enum CharacterTokenizer {
  static let endToken = "<|endoftext|>"
  static let unknownToken = "<unk>"
  static let maskToken = "[MASK]"

  /// Writes the tokenizer files of a Hugging Face folder: a byte-pair model without merges.
  static func write(alphabetOf text: String, to folder: URL) throws {
    let scalars = Set(text.unicodeScalars).sorted { $0.value < $1.value }.map { String($0) }
    let special = [endToken, unknownToken, maskToken]
    var vocabulary: [String: JSONValue] = [:]
    for (id, token) in (scalars + special).enumerated() { vocabulary[token] = .integer(id) }
    let added = special.enumerated().map { index, token -> JSONValue in
      [
        "id": .integer(scalars.count + index), "content": .string(token), "single_word": false,
        "lstrip": false, "rstrip": false, "normalized": false, "special": true,
      ]
    }
    let tokenizer: JSONValue = [
      "version": "1.0", "truncation": .null, "padding": .null, "added_tokens": .array(added),
      "normalizer": .null,
      "pre_tokenizer": [
        "type": "Split", "pattern": ["Regex": "[\\s\\S]"], "behavior": "Isolated",
        "invert": false,
      ],
      "post_processor": .null, "decoder": ["type": "Fuse"],
      "model": [
        "type": "BPE", "dropout": .null, "unk_token": .string(unknownToken),
        "continuing_subword_prefix": .null, "end_of_word_suffix": .null, "fuse_unk": false,
        "byte_fallback": false, "ignore_merges": false, "vocab": .object(vocabulary),
        "merges": [],
      ],
    ]
    let configuration: JSONValue = [
      "tokenizer_class": "PreTrainedTokenizerFast", "eos_token": .string(endToken),
      "unk_token": .string(unknownToken), "mask_token": .string(maskToken),
      "clean_up_tokenization_spaces": false,
    ]
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for (name, value) in [
        ("tokenizer.json", tokenizer), ("tokenizer_config.json", configuration),
      ] {
        try Data((CanonicalJSON.text(value) + "\n").utf8).write(
          to: folder.appending(path: name), options: .atomic)
      }
    } catch {
      throw AlignmentError.output(path: folder.path, reason: error.localizedDescription)
    }
  }
}
