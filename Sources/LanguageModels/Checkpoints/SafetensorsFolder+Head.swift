import Foundation

extension SafetensorsFolder {
  /// Returns whether a folder contains an output layer that differs from the token embedding, although
  /// `config.json` ties the two: for example, after only the output layer was tuned.
  static func hasOwnHead(_ url: URL, _ configuration: ModelConfiguration) throws -> Bool {
    // A folder without weights is reported where they are read.
    guard !configuration.architecture.isMasked, let folder = try? SafetensorsFolder(url) else {
      return false
    }
    let family = configuration.architecture.family
    let embeddings = ["embed_tokens.weight", "wte.weight", "embed_in.weight"]
    let names = embeddings.flatMap { [family.namePrefix + $0, $0] }
    guard let head = family.headNames.lazy.compactMap(folder.tensor(named:)).first,
      let embedding = names.lazy.compactMap(folder.tensor(named:)).first
    else { return false }
    guard head.tensor.shape == embedding.tensor.shape else { return true }
    let bytes = (head.file.bytes(of: head.tensor), embedding.file.bytes(of: embedding.tensor))
    if head.tensor.dataType == embedding.tensor.dataType {
      guard let first = bytes.0.baseAddress, let second = bytes.1.baseAddress else { return false }
      return bytes.0.count != bytes.1.count || memcmp(first, second, bytes.0.count) != 0
    }
    return head.tensor.dataType.decode(bytes.0) != embedding.tensor.dataType.decode(bytes.1)
  }
}
