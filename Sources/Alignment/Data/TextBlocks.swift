import Foundation
import LanguageModels
import Torch

/// A text file as token ids, cut into blocks of equal length; what is left over at the end is
/// dropped.
struct TextBlocks {
  let ids: [Int]
  let byteCount: Int
  let length: Int

  init(path: String, tokenizer: Tokenizer, length: Int) throws {
    let text = try Self.text(path)
    byteCount = text.utf8.count
    ids = tokenizer.encode(text, addSpecialTokens: false)
    self.length = length
    guard ids.count > length else {
      throw AlignmentError.tooLittleData(
        "\(path): \(ids.count) tokens do not fill one block of \(length).")
    }
  }

  var blocks: [[Int]] { ids.chunks(of: length).filter { $0.count == length } }

  static func text(_ path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw AlignmentError.badData(file: path, problem: "there is no such file to be read.")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw AlignmentError.badData(file: path, problem: "is not UTF-8 text.")
    }
    return text
  }
}
