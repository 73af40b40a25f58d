import Foundation
import Foundations
import LanguageModels
import TestSupport
import Testing

@Suite struct Llama2CTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @Test(
    "stories260K becomes a Hugging Face folder",
    .enabled(if: TestData.isThere, "\(TestData.missing)"))
  func conversion() throws {
    let destination = folder.file("stories")
    let summary = try Conversion.convert(
      source: try TestData.file("stories260K/stories260K.bin"), destination: destination)

    #expect(summary.parameters == 260_032)
    let configuration = try ModelConfiguration(folder: destination)
    #expect(configuration.layers == 5 && configuration.width == 64)
    #expect(configuration.heads == 8 && configuration.keyValueHeads == 4)
    #expect(configuration.tiesEmbeddings && configuration.endTokens == [2])
    let weights = try SafetensorsFolder(destination)
    #expect(weights.names == configuration.parameters.map(\.name))
    #expect(try ChatTemplate(folder: destination) == .plain)
    let tokenizer = try Tokenizer(folder: destination)
    #expect(tokenizer.encode("Once upon a time") == [1, 403, 407, 261, 378])
    #expect(tokenizer.decode([1, 403, 407, 261, 378]) == "Once upon a time")
    #expect(throws: LanguageModelError.self) {
      try Conversion.convert(
        source: try TestData.file("stories260K/stories260K.bin"), destination: destination)
    }
  }

  @Test(
    "Converting a folder again in bfloat16 keeps everything else",
    .enabled(if: TestData.isThere, "\(TestData.missing)"))
  func again() throws {
    let first = folder.file("first")
    let second = folder.file("second")
    try Conversion.convert(
      source: try TestData.file("stories260K/stories260K.bin"), destination: first)

    try Conversion.convert(source: first, destination: second, dataType: .bfloat16)

    var expected = try ModelConfiguration(folder: first)
    expected.dataType = .bfloat16
    #expect(try ModelConfiguration(folder: second) == expected)
    let weights = try SafetensorsFolder(second)
    #expect(weights.tensor(named: "model.norm.weight")?.tensor.dataType == .bfloat16)
  }

  @Test(
    "A file that is cut short, or whose numbers are absurd, is refused",
    .enabled(if: TestData.isThere, "\(TestData.missing)"))
  func damaged() throws {
    let whole = try Data(contentsOf: try TestData.file("stories260K/stories260K.bin"))
    let file = folder.file("damaged.bin")
    var random = RandomStream(seed: 3, .tests)
    for _ in 0..<500 {
      var damaged = [UInt8](whole.prefix(4096))
      for _ in 0..<3 {
        damaged[Int.random(in: 0..<28, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      try Data(damaged).write(to: file)
      #expect(throws: LanguageModelError.self) { try Llama2CFile(path: file.path) }
    }
    try (whole + [0]).write(to: file)
    #expect(throws: LanguageModelError.self) { try Llama2CFile(path: file.path) }
  }

  @Test(
    "Another model's tokenizer is refused",
    .enabled(if: TestData.isThere, "\(TestData.missing)"))
  func wrongTokenizer() throws {
    #expect(throws: LanguageModelError.self) {
      try Conversion.convert(
        source: try TestData.file("stories260K/stories260K.bin"),
        destination: folder.file("out"),
        tokenizer: try TestData.file("stories260K/tokenizer.bin"))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
  }
}
