import ArgumentParser
import Foundation
import LanguageModels

struct Tokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turns texts into token ids, or back.",
    discussion: "Reads a JSON string per line and writes a list of ids per line.")

  @Option(help: "A model folder, or a GGUF file.")
  var model: String

  @Option(help: "The lines to read; - is standard input.")
  var input = "-"

  @Option(help: "Where to write; - is standard output.")
  var output = "-"

  @Flag(inversion: .prefixedNo, help: "Add the special tokens that the tokenizer puts around texts.")
  var specialTokens = true

  @Flag(help: "Read lists of ids and write texts; special tokens are left out unless wanted.")
  var decode = false

  @Flag(help: "Write a summary as the last line.")
  var json = false

  func run() throws {
    let tokenizer = try openTokenizer()
    let lines = try Lines.Output(path: output)
    let decoder = JSONDecoder()
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    var summary = Summary()
    let start = ContinuousClock.now
    try Lines.forEach(of: input) { line, number in
      summary.texts += 1
      if decode {
        let ids = try parse([Int].self, line, number, "a list of token ids", decoder)
        summary.tokens += ids.count
        let text = tokenizer.decode(ids, skipSpecialTokens: !specialTokens)
        try lines.write(try encoder.encode(text))
      } else {
        let text = try parse(String.self, line, number, "a JSON string", decoder)
        let ids = tokenizer.encode(text, addSpecialTokens: specialTokens)
        summary.tokens += ids.count
        try lines.write(("[" + ids.map(String.init).joined(separator: ",") + "]").utf8)
      }
    }
    try lines.flush()
    summary.seconds = (ContinuousClock.now - start) / .seconds(1)
    if json { try Console.line(json: summary) }
  }

  private func openTokenizer() throws -> Tokenizer {
    model.hasSuffix(".gguf")
      ? try Tokenizer(gguf: try GGUFFile(path: model))
      : try Tokenizer(folder: URL(filePath: model))
  }

  private func parse<Value: Decodable>(
    _ type: Value.Type, _ line: Data, _ number: Int, _ expected: String, _ decoder: JSONDecoder
  ) throws -> Value {
    do {
      return try decoder.decode(type, from: line)
    } catch {
      throw LineFailure(
        file: input == "-" ? "standard input" : input, line: number,
        problem: "is not \(expected)")
    }
  }

  private struct Summary: Encodable {
    var texts = 0
    var tokens = 0
    var seconds = 0.0
  }
}
