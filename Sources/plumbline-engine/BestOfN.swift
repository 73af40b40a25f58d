import Alignment
import ArgumentParser
import Foundation
import PreferenceData

struct BestOfN: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "best-of-n",
    abstract: "Select the best of several answers with a reward model.",
    discussion: """
      Reads the output of “sample --responses N”; --model is the reward model. Each output line is \
      the input line with "completion" (the text of the best answer), "score" (its score) and \
      "scores" (the scores of all answers).
      """)

  @OptionGroup var reading: ReadingArguments
  @OptionGroup var template: ChatTemplateArguments
  @OptionGroup var arguments: InferenceArguments

  func run() throws {
    let scorer = try RewardScorer(
      folders: [arguments.folder], precision: arguments.precision, maxLength: reading.maxLength,
      chatTemplate: template.chatTemplate)
    let lines = try arguments.lines()
    let progress = arguments.progress("best-of-n")
    var results: [JSONValue] = []
    for (index, line) in lines.enumerated() {
      try Interruption.check(step: index, of: lines.count)
      let texts = (line["responses"]?.arrayValue ?? []).compactMap { $0["text"]?.stringValue }
      guard !texts.isEmpty else {
        throw AlignmentError.badData(
          file: arguments.input,
          problem: "line \(index + 1): has no “responses” with texts. Generate them with “sample”.")
      }
      let prompt = try PromptLine(line, number: index + 1, file: arguments.input).scored
      let scores = try texts.map { try scorer.score(prompt, completion: $0) }
      let best = scores.indices.max { scores[$0] < scores[$1] } ?? 0
      var members = line.objectValue ?? [:]
      members["completion"] = .string(texts[best])
      members["score"] = .number(scores[best])
      members["scores"] = .array(scores.map(JSONValue.number))
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
