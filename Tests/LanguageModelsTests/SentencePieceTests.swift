import Foundation
import Foundations
import LanguageModels
import TestSupport
import Testing

@Suite struct SentencePieceTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  /// A field with bytes: a text or another message.
  private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [number << 3 | 2, UInt8(bytes.count)] + bytes
  }

  private static func piece(_ text: String, _ score: Float, kind: UInt8 = 1) -> [UInt8] {
    let bits = withUnsafeBytes(of: score.bitPattern.littleEndian) { Array($0) }
    return field(1, field(1, Array(text.utf8)) + [2 << 3 | 5] + bits + [3 << 3, kind])
  }

  /// Three special pieces, letters, two merges and a user-defined piece; BPE with the normalizer of
  /// `settings`.
  private static func model(_ settings: [UInt8] = [4 << 3, 0]) -> Data {
    let pieces =
      piece("<unk>", 0, kind: 2) + piece("<s>", 0, kind: 3) + piece("</s>", 0, kind: 3)
      + piece("▁", -3) + piece("a", -4) + piece("b", -5) + piece("ab", -1) + piece("▁ab", -2)
      + piece("<x>", 0, kind: 4)
    return Data(pieces + field(2, [3 << 3, 2]) + field(3, settings))
  }

  private func write(_ data: Data) throws { try data.write(to: folder.file("tokenizer.model")) }

  @Test("Pieces are merged in the order of their scores, and user-defined ones stay whole")
  func ids() throws {
    try write(Self.model())
    let tokenizer = try Tokenizer(folder: folder.url)

    #expect(tokenizer.encode("ab") == [7])
    #expect(tokenizer.encode("a  b") == [3, 4, 3, 3, 5])
    #expect(tokenizer.encode("<x>ab?ab") == [3, 8, 6, 0, 6])
    #expect(tokenizer.encode("ab</s>ab") == [7, 2, 7])
    #expect(tokenizer.decode([7, 3, 5]) == "ab b")
  }

  @Test("The normalizer's settings are read")
  func normalizer() throws {
    try write(Self.model([3 << 3, 0, 4 << 3, 1]))
    let tokenizer = try Tokenizer(folder: folder.url)

    #expect(tokenizer.encode("  a  ab ") == [4, 7])
  }

  @Test(
    "A file that the engine does not know how to use is refused with the reason",
    arguments: [
      (field(2, [3 << 3, 3]), "a model of whole words"),
      (field(2, [0xC0, 1, 1]), "marks the ends of words"),
      (field(3, [5 << 3, 0]), "keeps spaces"),
      (piece("ab", -1), "two pieces with the same spelling"),
      (piece("c", .nan), "an infinite score"),
      (field(2, [0xC0, 2, 9]), "no unknown piece"),
      ([1 << 3 | 2, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], "damaged"),
    ] as [([UInt8], String)])
  func refusals(addition: [UInt8], words: String) throws {
    try write(Self.model() + Data(addition))
    let error = #expect(throws: LanguageModelError.self) { try Tokenizer(folder: folder.url) }

    #expect(error.map { "\($0)".contains(words) } ?? false, "\(error.map { "\($0)" } ?? "")")
  }

  @Test("Thousands of damaged files are read or refused, never a crash")
  func mutations() throws {
    let good = Self.model([2 << 3 | 2, 12, 4, 0, 0, 0, 1, 2, 3, 4, 97, 0, 98, 0])
    var random = RandomStream(seed: 4, .tests)
    var refused = 0
    for _ in 0..<3000 {
      try write(Mutation.mutate(good, using: &random))
      do {
        let tokenizer = try Tokenizer(folder: folder.url)
        _ = tokenizer.decode(tokenizer.encode("ab <x>é\u{0}  b"))
      } catch is LanguageModelError {
        refused += 1
      }
    }

    #expect(refused > 1000)
  }
}
