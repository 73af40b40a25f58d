import Alignment
import ArgumentParser
import Foundation
import LanguageModels
import PreferenceData
import Torch

struct Score: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Scores answers with a reward model.",
    discussion: """
      Each input line is {"prompt" or "messages", "completion"}; the output adds "score".
      """)

  @OptionGroup var arguments: InferenceArguments

  func run() throws {
    let scorer = try RewardScorer(folder: arguments.folder, precision: arguments.precision)
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
      let score = scorer.score(prompt: prompt.ids(scorer.encoder), completion: completion)
      var members = line.objectValue ?? [:]
      members["score"] = .number(score)
      results.append(.object(members))
      progress.update(step: index + 1, of: lines.count)
    }
    try arguments.write(results)
    arguments.finish([
      "lines": .integer(lines.count), "seconds": .number(progress.seconds),
      "peakBytes": .integer(peakBytes()),
    ])
  }
}
