import ArgumentParser
import Foundation
import LanguageModels

struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Convert a checkpoint to a Hugging Face folder or to GGUF.",
    discussion: """
      Reads GGUF files (F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K to Q6_K), llama2.c .bin files and Hugging Face \
      folders. Transformers loads the written folder without changes. With --format gguf, a folder \
      is written as one file for llama.cpp and Ollama.
      """)

  @Argument(help: "GGUF file, llama2.c .bin file, or folder with model.safetensors.")
  var source: String

  @Argument(help: "Folder or GGUF file to write. It must not exist, or must be empty.")
  var destination: String

  @Option(help: "Tokenizer of a llama2.c file (default: tok<vocabulary size>.bin next to it).")
  var tokenizer: String?

  @Option(help: "Output format: hf (a folder) or gguf.")
  var format = Format.hf

  @Option(
    help: """
      Type of the weights: float32, bfloat16 or float16, in GGUF also q8_0 (default: that of the \
      source, or float32 if it is quantised; float16 in GGUF).
      """)
  var dtype: WeightType?

  enum Format: String, ExpressibleByArgument, CaseIterable { case hf, gguf }

  @Flag(help: "Write progress and summary as JSON lines.")
  var json = false

  @Flag(help: "Print only errors.")
  var quiet = false

  func run() throws {
    let start = ContinuousClock.now
    let isTerminal = isatty(STDERR_FILENO) == 1
    func progress(_ done: Int, _ total: Int) {
      if isTerminal, !quiet, !json { Console.error("\r\(done) of \(total) tensors", end: "") }
    }
    let summary: Conversion.Summary
    switch format {
    case .hf:
      guard dtype != .quantised else {
        throw ValidationError("--dtype q8_0 needs --format gguf.")
      }
      summary = try Conversion.convert(
        source: URL(filePath: source), destination: URL(filePath: destination),
        tokenizer: tokenizer.map { URL(filePath: $0) }, dataType: dtype?.plain,
        progress: progress)
    case .gguf:
      summary = try Conversion.exportGGUF(
        source: URL(filePath: source), destination: URL(filePath: destination),
        type: (dtype ?? .plain(.float16)).gguf, progress: progress)
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

/// The data type of written weights.
enum WeightType: ExpressibleByArgument, Equatable {
  case plain(TensorDataType)
  case quantised

  init?(argument: String) {
    if argument.lowercased() == "q8_0" {
      self = .quantised
    } else if let type = TensorDataType(name: argument) {
      self = .plain(type)
    } else {
      return nil
    }
  }

  var plain: TensorDataType? { if case .plain(let type) = self { type } else { nil } }

  var gguf: GGMLType {
    switch self {
    case .plain(.float32): .f32
    case .plain(.bfloat16): .bf16
    case .plain: .f16
    case .quantised: .q8_0
    }
  }
}
