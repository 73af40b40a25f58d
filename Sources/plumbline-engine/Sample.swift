import Alignment
import ArgumentParser
import Foundation
import LanguageModels
import PreferenceData

struct Sample: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lets a model answer prompts.",
    discussion: """
      Each input line is {"prompt": raw text}, {"messages": […]} or {"ids": […]}; the output adds \
      "responses": [{"text", "ids", "finish"}], with --logprobs "logprobs" too.
      """)

  @OptionGroup var arguments: InferenceArguments
  @Option(help: "Answers to each prompt.") var responses = 1
  @Option(help: "Tokens of an answer at most.") var maxNewTokens = 256
  @Option(help: "0 is greedy, and so is all below 0.00001.") var temperature = 1.0
  @Option(name: .customLong("top-k"), help: "Only the k likeliest tokens; 0 is all.")
  var topK = 0
  @Option(name: .customLong("top-p"), help: "Only the likeliest tokens that hold this share.")
  var topP = 1.0
  @Option(
    name: .customLong("min-p"), help: "Only tokens this many times as likely as the likeliest.")
  var minP = 0.0
  @Option(help: "Divides the logits of tokens that were there before; 1 is off.")
  var repetitionPenalty = 1.0
  @Option(help: "Subtracted from a token's logit for each time it was generated.")
  var frequencyPenalty = 0.0
  @Option(help: "Subtracted once from the logits of tokens that were generated.")
  var presencePenalty = 0.0
  @Option(help: "A text that ends an answer; give it again for more.") var stop: [String] = []
  @Option(help: "ID=VALUE is added to the logit of a token; give it again for more.")
  var logitBias: [TokenBias] = []
  @Option(help: "The same seed gives the same answers.") var seed: UInt64 = 1
  @Option(help: "Answers written at once.") var batch = 32
  @Flag(help: "Go on after the end token.") var ignoreEos = false
  @Flag(help: "Write the log-probability of every token.") var logprobs = false

  func validate() throws {
    guard (1...1_000_000).contains(responses) else {
      throw ValidationError("--responses must lie between 1 and 1000000.")
    }
    guard batch > 0 else { throw ValidationError("--batch must be positive.") }
  }

  func run() throws {
    let model = try CausalLanguageModel(folder: arguments.folder, precision: arguments.precision)
    let encoder = try ConversationEncoder(
      folder: arguments.folder, configuration: model.configuration,
      maxLength: model.configuration.contextLength)
    let lines = try arguments.lines()
    let prompts = try lines.enumerated().map {
      try PromptLine($1, number: $0 + 1, file: arguments.input).ids(encoder)
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
