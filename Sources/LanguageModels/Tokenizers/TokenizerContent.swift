import Foundation

/// All parts of a tokenizer that decide which ids a text gets, regardless of the file format.
///
/// Two models share ids only if these are equal. Files that differ in order, in spaces or in the
/// spelling of merges are equal. Any difference not known to be irrelevant makes them unequal.
public struct TokenizerContent: Sendable {
  private let bytes: [UInt8]

  /// Reads the tokenizer of a folder, from `tokenizer.json` or older formats.
  public init(folder: URL) throws {
    let json = try VocabularyFiles.tokenizer(folder: folder).json
    let parts = Self.parts.map { key -> (key: String, value: JSON) in
      let part = json[key] ?? .null
      let isIdle = key == "post_processor" && !Self.addsTokens(part)
      return (key: key, value: isIdle ? .null : Self.canonical(part, key))
    }
    bytes = Array(JSON.object(parts.filter { !$0.value.isNull }).text().utf8)
  }

  /// Returns whether the tokenizers of two folders assign the same ids to every text.
  public static func isSame(_ first: URL, _ second: URL) throws -> Bool {
    let files = [first, second].map { $0.appending(path: "tokenizer.json").path }
    if FileManager.default.fileExists(atPath: files[0]),
      FileManager.default.contentsEqual(atPath: files[0], andPath: files[1])
    {
      return true
    }
    return try TokenizerContent(folder: first) == TokenizerContent(folder: second)
  }

  /// Returns whether a post-processor adds tokens around a text. Transformers writes one that adds
  /// none if there was none, and `ByteLevel` only changes offsets.
  private static func addsTokens(_ processor: JSON) -> Bool {
    switch processor["type"]?.string {
    case nil: !processor.isNull
    case "ByteLevel": false
    case "Sequence": processor["processors"]?.array?.contains(where: addsTokens) ?? true
    case "TemplateProcessing":
      processor["single"]?.array?.contains { $0["SpecialToken"] != nil } ?? true
    default: true
    }
  }

  private static let parts = [
    "added_tokens", "normalizer", "pre_tokenizer", "model", "post_processor", "decoder",
  ]

  /// Members of a model that default to false.
  private static let flags = ["byte_fallback", "fuse_unk", "ignore_merges"]

  private static func canonical(_ json: JSON, _ key: String) -> JSON {
    switch (json, key) {
    case (.array(let tokens), "added_tokens"):
      .array(
        tokens.sorted { ($0["id"]?.integer ?? 0) < ($1["id"]?.integer ?? 0) }
          .map { canonical($0, "") })
    case (.array(let merges), "merges"): .array(merges.map(merge))
    case (.array(let elements), _): .array(elements.map { canonical($0, "") })
    case (.object(let members), "vocab"): .object(vocabulary(members))
    case (.object(let members), _):
      .object(
        members.filter { member in
          !member.value.isNull
            && !(key == "model" && flags.contains(member.key) && member.value.bool == false)
        }
        .map { (key: $0.key, value: canonical($0.value, $0.key)) }
        .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
    default: json
    }
  }

  /// Converts the `"a b"` of older files to the `["a", "b"]` of newer ones.
  private static func merge(_ json: JSON) -> JSON {
    guard let text = json.string, let space = text.utf8.firstIndex(of: UInt8(ascii: " ")) else {
      return json
    }
    let second = text.utf8.index(after: space)
    return .array([.string(String(text[..<space])), .string(String(text[second...]))])
  }

  private static func vocabulary(_ members: [(key: String, value: JSON)])
    -> [(key: String, value: JSON)]
  {
    members.sorted { first, second in
      guard let left = first.value.integer, let right = second.value.integer, left != right else {
        return first.key.utf8.lexicographicallyPrecedes(second.key.utf8)
      }
      return left < right
    }
  }
}

extension TokenizerContent: Equatable {}
