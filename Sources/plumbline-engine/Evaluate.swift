import Alignment
import ArgumentParser
import Foundation
import PreferenceData
import Torch

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures what a model can do, and whether it does what people want.",
    discussion: """
      Suites are KIND:FILE. Capability: text (perplexity, bits per byte, next-token accuracy), \
      masked (accuracy on hidden tokens, for BERT and its kin), choices (JSON Lines {"prompt", "choices", "answer"}: acc, acc_norm, acc_bytes). Alignment: \
      truthfulqa (its CSV: mc1, mc2), crows (CrowS-Pairs' CSV), winogender (its TSV), \
      preferences (rankings, for a reward model), answers (what “sample” wrote: distinct n-grams, \
      length, how many decline; the model is not used). Intervals are 95 % bootstraps over items.
      """)

  @Option(help: "The folder of the model.")
  var model: String

  @Option(help: "What to measure, as KIND:FILE; may be given again.")
  var suite: [String]

  @Option(help: "auto, fp32 or bf16.")
  var precision = Precision.automatic

  @Flag(help: "Write the result as one JSON object on standard output.")
  var json = false

  @Flag(help: "Show no progress.")
  var quiet = false

  func run() throws {
    let suites = try suite.map(EvaluationSuite.init)
    let progress = ProgressReport(
      stage: "evaluate", style: quiet ? .quiet : json ? .jsonLines : .text)
    let evaluator = Evaluator(
      folder: URL(filePath: model, directoryHint: .isDirectory), precision: precision)
    var results: [EvaluationResult] = []
    for (index, suite) in suites.enumerated() {
      try Interruption.check(step: index, of: suites.count)
      results.append(try evaluator.run(suite))
      progress.update(step: index + 1, of: suites.count)
    }
    if json {
      print(
        CanonicalJSON.text([
          "suites": .array(results.map(\.json)), "seconds": .number(progress.seconds),
          "peakBytes": .integer(peakBytes()),
        ]))
    } else {
      print(Self.table(results))
    }
  }

  /// Capability beside alignment.
  private static func table(_ results: [EvaluationResult]) -> String {
    func cells(_ isAlignment: Bool) -> [String] {
      results.filter { $0.suite.kind.isAlignment == isAlignment }.flatMap { result in
        result.metrics.map { name, estimate in
          let numbers = String(
            format: "%.3f (%.3f–%.3f)", estimate.value, estimate.low, estimate.high)
          return "\(result.suite.kind.rawValue) \(name) \(numbers)"
        }
      }
    }
    let (left, right) = (cells(false), cells(true))
    let width = max(left.map(\.count).max() ?? 0, "capability".count)
    func row(_ a: String, _ b: String) -> String {
      a + String(repeating: " ", count: width - a.count) + " | " + b
    }
    let lines = (0..<max(left.count, right.count)).map {
      row($0 < left.count ? left[$0] : "", $0 < right.count ? right[$0] : "")
    }
    return ([row("capability", "alignment")] + lines).joined(separator: "\n")
  }
}
