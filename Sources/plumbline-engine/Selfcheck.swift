import ArgumentParser
import Foundation
import LanguageModels
import Torch

struct Selfcheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks on a model what must hold for any model that runs right.",
    discussion: """
      Logits do not depend on the neighbours in a batch; a row goes on alike alone and among \
      others; the key-value cache changes nothing; a saved model loads as the same model. Ends \
      with status 1 when one of them fails.
      """)

  @Option(help: "The folder of the model.") var model: String
  @Option(help: "auto, fp32 or bf16.") var precision = Precision.float32
  @Option(help: "The same seed checks with the same tokens.") var seed: UInt64 = 1
  @Flag(help: "Write one JSON object a check.") var json = false

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
