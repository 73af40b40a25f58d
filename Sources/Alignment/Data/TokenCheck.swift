import Foundation
import LanguageModels
import PreferenceData

/// An example that consists of tokens.
protocol TokenisedExample: TrainingExample {
  var completions: [TokenisedResponse] { get }
}

/// Checks before training that a model can read the data. Errors name the line.
struct TokenCheck {
  /// The file that the data comes from.
  let file: String
  let tokenizer: Tokenizer
  let vocabularySize: Int

  init(_ file: String, _ encoder: ConversationEncoder, _ configuration: ModelConfiguration) {
    self.init(file, encoder.tokenizer, configuration)
  }

  init(_ file: String, _ tokenizer: Tokenizer, _ configuration: ModelConfiguration) {
    self.file = file
    self.tokenizer = tokenizer
    vocabularySize = configuration.vocabularySize
  }

  func callAsFunction(_ examples: [some TokenisedExample]) throws {
    for example in examples {
      for completion in example.completions {
        try checkPrompt(completion.prompt, of: example.name)
        try checkIDs(completion.response, of: example.name)
      }
    }
  }

  /// Checks the tokens of a prompt: the first token of an answer is predicted from the last of them.
  func checkPrompt(_ ids: [Int], of name: String) throws {
    guard !ids.isEmpty else {
      throw AlignmentError.badData(
        file: file,
        problem: """
          \(place(of: name)): the prompt is empty, and this model has neither a chat template nor a \
          token that begins a text, so an answer has nothing to follow. Write something into the \
          prompt, or take the line out.
          """)
    }
    try checkIDs(ids, of: name)
  }

  /// Checks tokens that may come from anywhere; `name` is the prompt that they belong to, if any.
  func checkIDs(_ ids: [Int], of name: String?) throws {
    guard let id = ids.first(where: { !(0..<vocabularySize).contains($0) }) else { return }
    let token = tokenizer.token(of: id)
    let place = name.map { self.place(of: $0, containing: token) + ": " } ?? ""
    throw AlignmentError.badData(
      file: file,
      problem: """
        \(place)the text has the token “\(token ?? "?")” (id \(id)), for which the model has no \
        embedding: it has ids 0 to \(vocabularySize - 1). Add rows to the model's embedding \
        (resize_token_embeddings in Transformers), or take the token out of the text.
        """)
  }

  /// “line 3 (prompt “p7”)”: the first line of the prompt, of those that contain `text` if any do.
  private func place(of name: String, containing text: String? = nil) -> String {
    let reader = try? JSONLinesReader(path: file, of: JSONValue.self)
    var first: Int?
    for row in reader.map(Array.init) ?? [] {
      guard case .success(let numbered) = row,
        numbered.record["prompt_id"]?.stringValue == name
      else { continue }
      if text.map(numbered.record.contains) ?? true { return Self.place(numbered.line, name) }
      first = first ?? numbered.line
    }
    return first.map { Self.place($0, name) } ?? "prompt “\(name)”"
  }

  private static func place(_ line: Int, _ name: String) -> String {
    "line \(line) (prompt “\(name)”)"
  }
}

extension JSONValue {
  /// Whether a text of this value contains `part`.
  fileprivate func contains(_ part: String) -> Bool {
    switch self {
    case .string(let text): text.contains(part)
    case .array(let items): items.contains { $0.contains(part) }
    case .object(let members): members.values.contains { $0.contains(part) }
    default: false
    }
  }
}
