import Alignment
import ArgumentParser
import Foundation
import PreferenceData
import Torch

struct WinRates: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "win-rate",
    abstract: "Measure how often one policy's answers score above another's.",
    discussion: """
      Both files are outputs of “sample” for the same prompts. Every answer of the first is compared \
      with every answer of the second to the same prompt. Equal scores count half. A reward model \
      scores each answer separately, so there is no position bias. Intervals are bootstraps over \
      prompts. The length-controlled rate is the rate for answers of equal length.
      """)

  @Option(help: "Reward model folder. Repeatable: several form an ensemble.")
  var rewardModel: [String]

  @OptionGroup var reading: ReadingArguments
  @OptionGroup var template: ChatTemplateArguments

  @Option(help: "Number type: auto, fp32 or bf16.")
  var precision = Precision.automatic

  @Flag(help: "Write the result as one JSON object.")
  var json = false

  @Flag(help: "Do not show progress.")
  var quiet = false

  @Argument(help: "Answers of the policy whose wins are counted.")
  var first: String

  @Argument(help: "Answers of the policy to compare with.")
  var second: String

  func run() throws {
    let scorer = try RewardScorer(
      folders: rewardModel.map { URL(filePath: $0, directoryHint: .isDirectory) },
      precision: precision, maxLength: reading.maxLength,
      chatTemplate: template.chatTemplate)
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
