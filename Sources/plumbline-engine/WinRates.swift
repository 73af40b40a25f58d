import Alignment
import ArgumentParser
import Foundation
import PreferenceData
import Torch

struct WinRates: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "win-rate",
    abstract: "Says how often one policy's answers score above another's.",
    discussion: """
      Both files are what “sample” wrote for the same prompts. Every answer of the first meets every \
      answer of the second to the same prompt; equal scores count half; a reward model scores each \
      answer alone, so the order in which two are shown cannot matter. Intervals are bootstraps over \
      prompts. The length-controlled rate is that of answers of equal length.
      """)

  @Option(help: "The folder of the reward model; given again, of another one of an ensemble.")
  var rewardModel: [String]

  @OptionGroup var reading: ReadingArguments

  @Option(help: "auto, fp32 or bf16.")
  var precision = Precision.automatic

  @Flag(help: "Write the result as one JSON object on standard output.")
  var json = false

  @Flag(help: "Show no progress.")
  var quiet = false

  @Argument(help: "The answers of the policy that wins or loses.")
  var first: String

  @Argument(help: "The answers of the policy that it is held against.")
  var second: String

  func run() throws {
    let scorer = try RewardScorer(
      folders: rewardModel.map { URL(filePath: $0, directoryHint: .isDirectory) },
      precision: precision, maxLength: reading.maxLength)
    let comparison = try WinRateComparison(first: first, second: second)
    let progress = ProgressReport(
      stage: "win-rate", style: quiet ? .quiet : json ? .jsonLines : .text)
    var pairs: [WinRate.ScoredPair] = []
    for (index, pair) in comparison.pairs.enumerated() {
      try Interruption.check(step: index, of: comparison.pairs.count)
      let prompt = try PromptLine(pair.first.line, number: index + 1, file: first).scored
      pairs += try pair.pairs(number: index) { try scorer.score(prompt, completion: $0) }
      progress.update(step: index + 1, of: comparison.pairs.count)
    }
    let result = comparison.result(pairs)
    _ = scorer.report(to: progress)
    if json {
      print(CanonicalJSON.text(result))
      return
    }
    func line(_ name: String) -> String {
      func number(_ end: String) -> String {
        result[name]?[end]?.doubleValue.map { String(format: "%.3f", $0) } ?? "–"
      }
      return "\(name) \(number("value")) (\(number("low"))–\(number("high")))"
    }
    print("\(pairs.count) comparisons of \(comparison.pairs.count) prompts")
    print(line("winRate"))
    print(line("lengthControlled"))
  }
}
