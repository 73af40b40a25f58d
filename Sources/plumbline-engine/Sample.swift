import Alignment
import ArgumentParser
import Foundation
import LanguageModels
import PreferenceData

struct Sample: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Generate answers to prompts.",
    discussion: """
      Each input line is {"prompt": raw text}, {"messages": […]} or {"ids": […]}. The output line \
      adds "responses": [{"text", "ids", "finish"}], with --logprobs also "logprobs".
      """)

  @OptionGroup var arguments: InferenceArguments
  @OptionGroup var template: ChatTemplateArguments
  @Option(help: "Answers per prompt.") var responses = 1
  @Option(help: "Length limit of an answer, in tokens.") var maxNewTokens = 256
  @Option(help: "Sampling temperature; 0 is greedy, and so is any value below 0.00001.")
  var temperature = 1.0
  @Option(name: .customLong("top-k"), help: "Sample from the k most likely tokens; 0 is off.")
  var topK = 0
  @Option(
    name: .customLong("top-p"),
    help: "Sample from the most likely tokens with this total probability; 1 is off.")
  var topP = 1.0
  @Option(
    name: .customLong("min-p"),
    help: "Sample tokens with at least this multiple of the highest probability; 0 is off.")
  var minP = 0.0
  @Option(help: "Divisor of the logits of earlier tokens; 1 is off.")
  var repetitionPenalty = 1.0
  @Option(
    help: "Subtracted from a token's logit once per earlier occurrence in the answer; 0 is off.")
  var frequencyPenalty = 0.0
  @Option(help: "Subtracted once from the logits of tokens in the answer; 0 is off.")
  var presencePenalty = 0.0
  @Option(help: "Text that ends an answer. Repeatable.") var stop: [String] = []
  @Option(help: "ID=VALUE: value added to the logit of a token. Repeatable.")
  var logitBias: [TokenBias] = []
  @Option(help: "Random seed. The same seed produces the same answers.") var seed: UInt64 = 1
  @Option(help: "Answers generated at a time.") var batch = 32
  @Flag(help: "Continue after the end token.") var ignoreEos = false
  @Flag(help: "Write the log-probability of every token.") var logprobs = false

  func validate() throws {
    guard (1...1_000_000).contains(responses) else {
      throw ValidationError("--responses must be between 1 and 1000000.")
    }
    guard batch > 0 else { throw ValidationError("--batch must be positive.") }
  }

  func run() throws {
    let model = try CausalLanguageModel(folder: arguments.folder, precision: arguments.precision)
    let encoder = try ConversationEncoder(
      folder: arguments.folder, configuration: model.configuration,
      maxLength: model.configuration.contextLength, chatTemplate: template.chatTemplate)
    model.addEndToken(encoder.endToken)
    let lines = try arguments.lines()
    let prompts = try lines.enumerated().map {
      try PromptLine($1, number: $0 + 1, file: arguments.input).ids(encoder, TemplateVariables($1))
    }
    let requests = prompts.enumerated().flatMap { index, ids in
      (0..<responses).map { copy in
        GenerationRequest(ids: ids, seed: seed, prompt: index, response: copy)
      }
    }
    let room = BatchGenerator.room(
      for: requests, maxNewTokens: maxNewTokens, batch: batch,
      limit: model.configuration.contextLength)
    let generator = try BatchGenerator(
      model, options: samplingOptions, slots: room.slots, contextLength: room.contextLength,
      tokenizer: encoder.tokenizer)
    let progress = arguments.progress("sample")
    var tokens = 0
    var reported = -1
    let generations = try generator.generate(requests) { done, total in
      tokens = total
      try Interruption.check(step: done, of: requests.count)
      guard done != reported else { return }
      reported = done
      progress.update(
        step: done, of: requests.count,
        ["tokensPerSecond": Double(total) / max(progress.seconds, 1e-9)])
    }
    try arguments.write(
      zip(lines, generations.map { answer($0, encoder) }.chunked(responses)).map(Self.joined))
    arguments.finish([
      "prompts": .integer(prompts.count), "responses": .integer(generations.count),
      "tokens": .integer(tokens), "seconds": .number(progress.seconds),
      "tokensPerSecond": .number(Double(tokens) / max(progress.seconds, 1e-9)),
      "peakBytes": .integer(peakBytes()),
    ])
  }

  private var samplingOptions: SamplingOptions {
    var options = SamplingOptions(
      temperature: temperature, topK: topK, topP: topP, maxNewTokens: maxNewTokens,
      ignoresEnd: ignoreEos)
    options.minP = minP
    options.repetitionPenalty = repetitionPenalty
    options.frequencyPenalty = frequencyPenalty
    options.presencePenalty = presencePenalty
    options.stops = stop
    options.logitBias = Dictionary(logitBias.map { ($0.id, $0.value) }, uniquingKeysWith: +)
    return options
  }

  private func answer(_ generation: Generation, _ encoder: ConversationEncoder) -> JSONValue {
    let text = stop.isEmpty ? encoder.text(generation.ids) : generation.text
    var members: [String: JSONValue] = [
      "text": .string(text),
      "ids": .array(generation.ids.map { .integer($0) }),
      "finish": .string(generation.finish.rawValue),
    ]
    if logprobs {
      members["logprobs"] = .array(generation.logProbabilities.map { .number(Double($0)) })
    }
    return .object(members)
  }

  private static func joined(_ line: JSONValue, _ answers: [JSONValue]) -> JSONValue {
    var members = line.objectValue ?? [:]
    members["responses"] = .array(answers)
    return .object(members)
  }
}

/// `ID=VALUE` of --logit-bias.
struct TokenBias: ExpressibleByArgument {
  let id: Int
  let value: Double

  init?(argument: String) {
    let parts = argument.split(separator: "=")
    guard parts.count == 2, let id = Int(parts[0]), let value = Double(parts[1]) else { return nil }
    self.id = id
    self.value = value
  }
}

extension Array {
  func chunked(_ size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
  }
}
