import Alignment
import ArgumentParser
import Foundation
import LanguageModels
import PreferenceData
import Torch

struct Score: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Score answers with a reward model.",
    discussion: """
      Each input line is {"prompt" or "messages", "completion"}; the output adds "score". \
      With --with, the score is the mean of several models and "disagreement" is their standard \
      deviation.
      """)

  @Option(help: "Additional reward model of an ensemble. Repeatable.")
  var with: [String] = []

  @OptionGroup var reading: ReadingArguments
  @OptionGroup var template: ChatTemplateArguments
  @OptionGroup var arguments: InferenceArguments

  func run() throws {
    let others = with.map { URL(filePath: $0, directoryHint: .isDirectory) }
    let scorer = try RewardScorer(
      folders: [arguments.folder] + others, precision: arguments.precision,
      maxLength: reading.maxLength,
      chatTemplate: template.chatTemplate)
    let lines = try arguments.lines()
    let progress = arguments.progress("score")
    var results: [JSONValue] = []
    for (index, line) in lines.enumerated() {
      try Interruption.check(step: index, of: lines.count)
      guard let completion = line["completion"]?.stringValue else {
        throw AlignmentError.badData(
          file: arguments.input, problem: "line \(index + 1): has no “completion” (a text).")
      }
      let prompt = try PromptLine(line, number: index + 1, file: arguments.input)
      let found = try scorer.evaluate(prompt.scored, completion: completion)
      var members = line.objectValue ?? [:]
      members["score"] = .number(found.score)
      members["disagreement"] = found.disagreement.map(JSONValue.number)
      results.append(.object(members))
      progress.update(step: index + 1, of: lines.count)
    }
    try arguments.write(results)
    arguments.finish([
      "lines": .integer(lines.count), "seconds": .number(progress.seconds),
      "peakBytes": .integer(peakBytes()), "rewardModels": scorer.report(to: progress),
    ])
  }
}
