import ArgumentParser
import Foundation
import LanguageModels

struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turns a checkpoint into a Hugging Face folder.",
    discussion: """
      Reads GGUF files (F32, F16, BF16, Q8_0, Q4_0, Q4_1), llama2.c .bin files and Hugging Face \
      folders. The folder that is written loads in Transformers as it is.
      """)

  @Argument(help: "A GGUF file, a llama2.c .bin file, or a folder with model.safetensors.")
  var source: String

  @Argument(help: "The folder to write; it must not be there yet, or be empty.")
  var destination: String

  @Option(help: "The tokenizer of a llama2.c file (default: tok<vocabulary size>.bin beside it).")
  var tokenizer: String?

  @Option(help: "float32, bfloat16 or float16 (default: as in the source; float32 if quantised).")
  var dtype: TensorDataType?

  @Flag(help: "Write progress and summary as JSON lines.")
  var json = false

  @Flag(help: "Say nothing but errors.")
  var quiet = false

  func run() throws {
    let start = ContinuousClock.now
    let isTerminal = isatty(STDERR_FILENO) == 1
    let summary = try Conversion.convert(
      source: URL(filePath: source), destination: URL(filePath: destination),
      tokenizer: tokenizer.map { URL(filePath: $0) }, dataType: dtype
    ) { done, total in
      if isTerminal, !quiet, !json { Console.error("\r\(done) of \(total) tensors", end: "") }
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    if isTerminal, !quiet, !json { Console.error("\r", end: "") }
    if json {
      try Console.line(json: Report(summary: summary, seconds: seconds))
    } else if !quiet {
      print(
        "Wrote \(summary.model): \(summary.architecture), \(summary.parameters) parameters in "
          + "\(summary.dtype), \(summary.vocabulary) tokens.")
    }
  }

  private struct Report: Encodable {
    var summary: Conversion.Summary
    var seconds: Double

    enum CodingKeys: String, CodingKey { case seconds }

    func encode(to encoder: any Encoder) throws {
      try summary.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(seconds, forKey: .seconds)
    }
  }
}

extension TensorDataType: ExpressibleByArgument {
  public init?(argument: String) { self.init(name: argument) }
}
