import ArgumentParser
import Foundation
import LanguageModels
import Torch

struct Selfcheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run consistency checks on a model.",
    discussion: """
      Checks that logits do not depend on the other rows of a batch, that a row continues with the \
      same tokens alone and in a batch, that the key-value cache does not change the result, and \
      that a saved model loads unchanged. Exits with status 1 if a check fails.
      """)

  @Option(help: "Model folder.") var model: String
  @Option(help: "Number type: auto, fp32 or bf16.") var precision = Precision.float32
  @Option(help: "Seed of the random token sequences.") var seed: UInt64 = 1
  @Flag(help: "Write one JSON object per check.") var json = false

  func run() throws {
    let check = try SelfCheck(
      folder: URL(filePath: model, directoryHint: .isDirectory), precision: precision, seed: seed)
    var failed = 0
    var output: (any Error)?
    try check.run { result in
      failed += result.isFulfilled ? 0 : 1
      guard json else {
        let numbers = String(format: "%.3g (at most %g)", result.difference, result.limit)
        print("\(result.isFulfilled ? "ok    " : "FAILED")  \(result.name): \(numbers)")
        return
      }
      do { try Console.line(json: Line(result: result)) } catch { output = error }
    }
    if let output { throw output }
    if failed > 0 { throw ExitCode.failure }
  }

  private struct Line: Encodable {
    var name: String
    var difference: Double
    var limit: Double
    var ok: Bool

    init(result: SelfCheck.Result) {
      name = result.name
      difference = result.difference
      limit = result.limit
      ok = result.isFulfilled
    }
  }
}
