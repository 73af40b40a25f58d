/// The tokens of a llama2.c `tokenizer.bin` with their scores, in order of id.
public struct Llama2CVocabulary: Sendable {
  /// With `▁` restored for spaces, and `<unk>`, `<s>`, `</s>` at 0, 1 and 2.
  public let tokens: [String]
  public let scores: [Double]

  /// Reads exactly `count` tokens: the file does not contain the number.
  public init(path: String, count: Int) throws {
    let file = try MappedFile(path: path)
    var reader = ByteReader(file: file, format: "llama2.c tokenizer")
    _ = try reader.integer(Int32.self)
    var tokens: [String] = []
    var scores: [Double] = []
    for id in 0..<count {
      let score = try reader.float(width: 4)
      guard score.isFinite else { throw reader.malformed("the score of token \(id) is \(score)") }
      let length = Int(try reader.integer(Int32.self))
      guard (0...65_536).contains(length) else {
        throw reader.malformed("token \(id) is \(length) bytes long")
      }
      guard let text = String(validating: try reader.take(length), as: UTF8.self) else {
        throw reader.malformed("token \(id) is not UTF-8")
      }
      tokens.append(String(text.map { $0 == " " ? "▁" : $0 }))
      scores.append(score)
    }
    guard reader.remaining == 0 else {
      throw reader.malformed(
        "contains more than the \(count) tokens of the model. It may belong to another model")
    }
    for (id, text) in ["<unk>", "<s>", "</s>"].enumerated() where id < count { tokens[id] = text }
    self.tokens = tokens
    self.scores = scores
  }
}
