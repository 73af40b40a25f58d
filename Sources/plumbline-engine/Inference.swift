import Alignment
import ArgumentParser
import Foundation
import LanguageModels
import PreferenceData
import Torch

/// The arguments of commands that read JSON lines, run a model and write JSON lines.
struct InferenceArguments: ParsableArguments {
  @Option(help: "The folder of the model.")
  var model: String

  @Option(help: "JSON lines to read; - is standard input.")
  var input: String

  @Option(help: "Where to write JSON lines; - is standard output.")
  var output = "-"

  @Option(help: "auto, fp32 or bf16.")
  var precision = Precision.automatic

  @Flag(help: "End with one JSON object that sums up the run, on standard output.")
  var json = false

  @Flag(help: "Show no progress.")
  var quiet = false

  var folder: URL { URL(filePath: model, directoryHint: .isDirectory) }

  func lines() throws -> [JSONValue] {
    if input == "-" {
      return try JSONLinesReader<JSONValue>(handle: .standardInput, path: "standard input")
        .records()
    }
    return try JSONLinesReader<JSONValue>(path: input).records()
  }

  /// Writes all lines; a file appears whole or not at all.
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

/// What an input line asks a model to continue or to judge.
enum PromptLine {
  /// Raw text, which is continued as it is.
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
          guard let role = turn["role"]?.stringValue, let content = turn["content"]?.stringValue,
            let known = ChatMessage.Role(rawValue: role)
          else { throw bad("“messages” is not a list of {\"role\", \"content\"}.") }
          return ChatMessage(role: known, content: content)
        })
    } else if let ids = line["ids"]?.arrayValue {
      self = .ids(
        try ids.map {
          guard let id = $0.intValue else { throw bad("“ids” holds \($0), not a whole number.") }
          return id
        })
    } else {
      throw bad("has none of “prompt” (a text), “messages” and “ids”.")
    }
  }

  /// The same for a reward model, which reads it with its own tokenizer.
  var scored: ScoredPrompt {
    switch self {
    case .text(let text): .text(text)
    case .messages(let messages): .messages(messages)
    case .ids(let ids): .ids(ids)
    }
  }

  func ids(_ encoder: ConversationEncoder) -> [Int] {
    switch self {
    case .text(let text): encoder.tokenizer.encode(text)
    case .messages(let messages): encoder.prompt(messages)
    case .ids(let ids): ids
    }
  }
}

/// How much a reward model reads.
struct ReadingArguments: ParsableArguments {
  @Option(
    help: """
      Tokens of a prompt with its answer that are read at most, cut as in training with the same \
      maxLength; without it, as many as the model can.
      """)
  var maxLength: Int?
}

extension RewardScorer {
  /// Says what was cut, and returns what was read for a summary.
  func report(to progress: ProgressReport) -> JSONValue {
    readings.compactMap(\.warning).forEach(progress.warn)
    return .array(readings.map(\.json))
  }
}
