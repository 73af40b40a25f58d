import Alignment
import ArgumentParser
import Foundation
import Jinja
import LanguageModels
import PreferenceData
import Torch

/// The arguments of commands that read JSON lines, run a model and write JSON lines.
struct InferenceArguments: ParsableArguments {
  @Option(help: "Model folder.")
  var model: String

  @Option(help: "JSON Lines file to read; - is standard input.")
  var input: String

  @Option(help: "JSON Lines file to write; - is standard output.")
  var output = "-"

  @Option(help: "Number type: auto, fp32 or bf16.")
  var precision = Precision.automatic

  @Flag(help: "Write a summary as one JSON object to standard output at the end.")
  var json = false

  @Flag(help: "Do not show progress.")
  var quiet = false

  var folder: URL { URL(filePath: model, directoryHint: .isDirectory) }

  func lines() throws -> [JSONValue] {
    if input == "-" {
      return try JSONLinesReader<JSONValue>(handle: .standardInput, path: "standard input")
        .records()
    }
    return try JSONLinesReader<JSONValue>(path: input).records()
  }

  /// Writes all lines. A file appears only when it is complete.
  func write(_ lines: [JSONValue]) throws {
    let text = lines.map { CanonicalJSON.text($0) + "\n" }.joined()
    if output == "-" {
      print(text, terminator: "")
      return
    }
    do {
      try Data(text.utf8).write(to: URL(filePath: output), options: .atomic)
    } catch {
      throw AlignmentError.output(path: output, reason: error.localizedDescription)
    }
  }

  func finish(_ summary: [String: JSONValue]) {
    if json { print(CanonicalJSON.text(.object(summary))) }
  }

  func progress(_ stage: String) -> ProgressReport {
    ProgressReport(stage: stage, style: quiet ? .quiet : json ? .jsonLines : .text)
  }
}

extension Precision: ExpressibleByArgument {}

/// The prompt of an input line.
enum PromptLine {
  /// Raw text, which is continued without a template.
  case text(String)
  case messages([ChatMessage])
  case ids([Int])

  init(_ line: JSONValue, number: Int, file: String) throws {
    func bad(_ problem: String) -> AlignmentError {
      .badData(file: file, problem: "line \(number): \(problem)")
    }
    if let text = line["prompt"]?.stringValue {
      self = .text(text)
    } else if let turns = line["messages"]?.arrayValue {
      self = .messages(
        try turns.map { turn in
          do { return try ChatMessage(json: turn, key: "messages") } catch {
            throw bad("\(error)")
          }
        })
    } else if let ids = line["ids"]?.arrayValue {
      self = .ids(
        try ids.map {
          guard let id = $0.intValue else {
            throw bad("“ids” contains \($0), which is not an integer.")
          }
          return id
        })
    } else {
      throw bad("needs “prompt” (a text), “messages” or “ids”.")
    }
  }

  /// The same prompt for a reward model, which reads it with its own tokenizer.
  var scored: ScoredPrompt {
    switch self {
    case .text(let text): .text(text)
    case .messages(let messages): .messages(messages)
    case .ids(let ids): .ids(ids)
    }
  }

  func ids(_ encoder: ConversationEncoder, _ variables: TemplateVariables) throws -> [Int] {
    switch self {
    case .text(let text): encoder.tokenizer.encode(text)
    case .messages(let messages): try encoder.prompt(messages, variables: variables.values)
    case .ids(let ids): ids
    }
  }
}

/// The variables of an input line's chat template beside the messages: `tools`, `documents`, and the
/// members of `chat_template_kwargs`, such as `enable_thinking`.
struct TemplateVariables {
  let values: [(name: String, value: TemplateValue)]

  init(_ line: JSONValue) {
    let known = ["tools", "documents"].compactMap { name in line[name].map { (name, $0) } }
    let others = line["chat_template_kwargs"]?.objectValue?.sorted { $0.key < $1.key } ?? []
    values = (known + others.map { ($0.key, $0.value) })
      .map { (name: $0.0, value: TemplateValue($0.1)) }
  }
}

/// The template for conversations, of every command that reads messages.
struct ChatTemplateArguments: ParsableArguments {
  @Option(
    help: """
      Chat template: \(ChatTemplate.names), or a file with Jinja (default: the model's own).
      """)
  var chatTemplate: String?
}

/// The length limit of a reward model's input.
struct ReadingArguments: ParsableArguments {
  @Option(
    help: """
      Length limit of a prompt with its answer, in tokens. Longer ones are cut as in training with \
      the same maxLength (default: the model's limit).
      """)
  var maxLength: Int?
}

extension RewardScorer {
  /// Reports truncation, and returns the numbers for a summary.
  func report(to progress: ProgressReport) -> JSONValue {
    readings.compactMap(\.warning).forEach(progress.warn)
    return .array(readings.map(\.json))
  }
}
