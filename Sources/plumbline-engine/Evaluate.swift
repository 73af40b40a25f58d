import Alignment
import ArgumentParser
import Foundation
import PreferenceData
import Torch

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a model's capability and alignment.",
    discussion: """
      Suites are KIND:FILE. Capability: text (perplexity, bits per byte, next-token accuracy), \
      masked (accuracy on hidden tokens, for BERT and RoBERTa), choices (JSON Lines {"prompt", \
      "choices", "answer"}: acc, acc_norm, acc_bytes). Alignment: truthfulqa (its CSV: mc1, mc2), \
      crows (CrowS-Pairs' CSV), winogender (its TSV), preferences (rankings, for a reward model). \
      Alignment, without the model: answers (the output of “sample”: distinct n-grams, length, how \
      many decline), flags (rankings: how often people raised each flag). Intervals are 95% \
      bootstraps over items. With --before, each number is shown with its change: a rise of the \
      loss on text is the alignment tax.
      """)

  @Option(help: "Model folder.")
  var model: String

  @Option(help: "Folder of the model before tuning, to compare with.")
  var before: String?

  @Option(help: "Evaluation suite, as KIND:FILE. Repeatable.")
  var suite: [String]

  @Option(help: "Number type: auto, fp32 or bf16.")
  var precision = Precision.automatic

  @OptionGroup var template: ChatTemplateArguments

  @Flag(help: "Write the result as one JSON object.")
  var json = false

  @Flag(help: "Do not show progress.")
  var quiet = false

  func run() throws {
    let suites = try suite.map(EvaluationSuite.init)
    let progress = ProgressReport(
      stage: "evaluate", style: quiet ? .quiet : json ? .jsonLines : .text)
    let evaluator = evaluator(of: model)
    let earlier = before.map(evaluator(of:))
    var results: [(after: EvaluationResult, before: EvaluationResult?)] = []
    for (index, suite) in suites.enumerated() {
      try Interruption.check(step: index, of: suites.count)
      results.append(
        (
          try evaluator.run(suite),
          try suite.kind.readsModel ? earlier?.run(suite) : nil
        ))
      progress.update(step: index + 1, of: suites.count)
    }
    if json {
      print(
        CanonicalJSON.text([
          "suites": .array(results.map { $0.after.json(before: $0.before) }),
          "seconds": .number(progress.seconds), "peakBytes": .integer(peakBytes()),
        ]))
    } else {
      print(Self.table(results))
    }
  }

  private func evaluator(of folder: String) -> Evaluator {
    Evaluator(
      folder: URL(filePath: folder, directoryHint: .isDirectory), precision: precision,
      chatTemplate: template.chatTemplate)
  }

  /// Returns a table with capability next to alignment.
  private static func table(_ results: [(after: EvaluationResult, before: EvaluationResult?)])
    -> String
  {
    func cells(_ isAlignment: Bool) -> [String] {
      results.filter { $0.after.suite.kind.isAlignment == isAlignment }.flatMap { result in
        result.after.metrics.map { metric in
          "\(result.after.suite.kind.rawValue) \(metric.name) "
            + numbers(metric, before: result.before?.metric(metric.name))
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

  /// “0.512 (0.480–0.544)”, or “0.480 → 0.512 (+0.010 to +0.054)” with the change's interval.
  private static func numbers(_ metric: EvaluationMetric, before: EvaluationMetric?) -> String {
    let now = metric.estimate
    guard let before, let change = metric.change(from: before) else {
      return String(format: "%.3f (%.3f–%.3f)", now.value, now.low, now.high)
    }
    return String(
      format: "%.3f → %.3f (%+.3f to %+.3f)", before.estimate.value, now.value, change.low,
      change.high)
  }
}
