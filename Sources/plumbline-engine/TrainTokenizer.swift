import Alignment
import ArgumentParser
import Foundation
import LanguageModels

struct TrainTokenizer: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a byte-level BPE tokenizer on text.",
    discussion: "Writes tokenizer.json for the tokenizers library and Transformers.")

  @Option(help: "Text file. Repeatable.") var input: [String] = []
  @Option(help: "Folder to write to.") var output: String
  @Option(help: "Number of tokens, including bytes and special tokens.") var vocabulary: Int
  @Option(help: "Special token; ids are assigned in order from 0. Repeatable.")
  var special: [String] = []
  @Option(help: "Minimum frequency of a merged pair.") var minimumFrequency = 2
  @Flag(help: "Write progress and summary as JSON lines.") var json = false
  @Flag(help: "Print only errors.") var quiet = false

  func validate() throws {
    guard !input.isEmpty else { throw ValidationError("--input is required.") }
    guard minimumFrequency >= 0 else {
      throw ValidationError("--minimum-frequency must not be negative.")
    }
  }

  func run() throws {
    let start = ContinuousClock.now
    var trainer = try BytePairTrainer(
      vocabularySize: vocabulary, minimumFrequency: minimumFrequency, specialTokens: special)
    for path in input {
      guard let data = FileManager.default.contents(atPath: path) else {
        throw LanguageModelError.inaccessible(path: path, reason: "cannot be read")
      }
      try trainer.add(String(decoding: data, as: UTF8.self))
    }
    let progress = ProgressReport(
      stage: "train-tokenizer", style: quiet ? .quiet : json ? .jsonLines : .text)
    let count = try trainer.train(to: URL(filePath: output, directoryHint: .isDirectory)) {
      try Interruption.check(step: $0, of: $1)
      if $0 % 500 == 0 || $0 == $1 { progress.update(step: $0, of: $1) }
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    if json {
      try Console.line(json: Summary(tokenizer: output, tokens: count, seconds: seconds))
    } else if !quiet {
      let full = count < vocabulary ? "; no other pair is frequent enough" : ""
      print("Wrote \(output): \(count) tokens\(full).")
    }
  }

  private struct Summary: Encodable {
    var tokenizer: String
    var tokens: Int
    var seconds: Double
  }
}
