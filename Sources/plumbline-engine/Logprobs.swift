import Alignment
import ArgumentParser
import Foundation
import LanguageModels
import PreferenceData
import Torch

struct Logprobs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compute the log-probability of every token of texts.",
    discussion: """
      Each input line is {"prompt", "completion"}, {"messages"} or {"ids"}. The output is \
      {"ids", "logprobs", "sum"} for the completion given the prompt, or for all tokens except the \
      first.
      """)

  @OptionGroup var arguments: InferenceArguments
  @OptionGroup var template: ChatTemplateArguments

  func run() throws {
    let model = try CausalLanguageModel(folder: arguments.folder, precision: arguments.precision)
    let encoder = try ConversationEncoder(
      folder: arguments.folder, configuration: model.configuration,
      maxLength: model.configuration.contextLength, chatTemplate: template.chatTemplate)
    model.addEndToken(encoder.endToken)
    let lines = try arguments.lines()
    let progress = arguments.progress("logprobs")
    var results: [JSONValue] = []
    var total = 0.0
    var tokens = 0
    for (index, line) in lines.enumerated() {
      try Interruption.check(step: index, of: lines.count)
      let (ids, first) = try parts(line, number: index + 1, encoder)
      guard ids.count > first, ids.count <= model.configuration.contextLength else {
        throw AlignmentError.badData(
          file: arguments.input,
          problem: """
            line \(index + 1): has \(ids.count) tokens; it must have between \(first + 1) and \
            \(model.configuration.contextLength).
            """)
      }
      do {
        try model.configuration.checkKnown(ids)
      } catch {
        throw AlignmentError.badData(
          file: arguments.input, problem: "line \(index + 1): \(error)")
      }
      let all = noGradient { model.logProbabilities(TokenBatch([ids])).floats() }
      try checkFinite(all, "log-probabilities", of: model.weights)
      let wanted = all.suffix(ids.count - first)
      let sum = wanted.reduce(0.0) { $0 + Double($1) }
      (total, tokens) = (total + sum, tokens + wanted.count)
      results.append([
        "ids": .array(ids.map { .integer($0) }), "sum": .number(sum),
        "logprobs": .array(wanted.map { .number(Double($0)) }),
      ])
      progress.update(step: index + 1, of: lines.count)
    }
    try arguments.write(results)
    arguments.finish([
      "tokens": .integer(tokens), "seconds": .number(progress.seconds),
      "perplexity": .number(exp(-total / Double(max(tokens, 1)))),
    ])
  }

  /// Returns the ids of a line, and the index of the first token to evaluate.
  private func parts(_ line: JSONValue, number: Int, _ encoder: ConversationEncoder) throws
    -> (ids: [Int], first: Int)
  {
    let prompt = try PromptLine(line, number: number, file: arguments.input)
    let ids = try prompt.ids(encoder, TemplateVariables(line))
    guard let completion = line["completion"]?.stringValue else { return (ids, 1) }
    if case .text(let text) = prompt {
      return (encoder.tokenizer.encode(text + completion), ids.count)
    }
    return (ids + encoder.response(completion, limit: .max), ids.count)
  }
}
