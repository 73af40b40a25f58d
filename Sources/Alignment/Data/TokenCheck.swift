import Foundation
import LanguageModels
import PreferenceData

/// An example that consists of tokens.
protocol TokenisedExample: TrainingExample {
  var completions: [TokenisedResponse] { get }
}

/// Checks before training that a model can read the data. Errors name the line.
struct TokenCheck {
  /// The file that the data comes from, or several.
  private let file: String
  private let dataset: TrainingDataset?
  private let tokenizer: Tokenizer
  private let vocabularySize: Int

  init(
    _ dataset: TrainingDataset, _ encoder: ConversationEncoder,
    _ configuration: ModelConfiguration
  ) {
    self.dataset = dataset
    file = dataset.path
    tokenizer = encoder.tokenizer
    vocabularySize = configuration.vocabularySize
  }

  /// Checks a text, which has no rows.
  init(_ file: String, _ tokenizer: Tokenizer, _ configuration: ModelConfiguration) {
    self.file = file
    dataset = nil
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
      let (file, place) = place(of: name)
      throw AlignmentError.badData(
        file: file,
        problem: """
          \(place): the prompt is empty, and this model has neither a chat template nor a \
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
    let (file, place) = name.map { self.place(of: $0, containing: token) } ?? (self.file, "")
    throw AlignmentError.badData(
      file: file,
      problem: """
        \(place.isEmpty ? "" : "\(place): ")the text has the token “\(token ?? "?")” (id \(id)), for which the model has no \
        embedding: it has ids 0 to \(vocabularySize - 1). Add rows to the model's embedding \
        (resize_token_embeddings in Transformers), or take the token out of the text.
        """)
  }

  /// The file and “line 3 (prompt “p7”)”: the first row of the prompt, of those that contain `text` if
  /// any do.
  private func place(of name: String, containing text: String? = nil) -> (
    file: String, place: String
  ) {
    guard let dataset else { return (file, "prompt “\(name)”") }
    let rows = dataset.rows.filter { $0.name == name }
    guard let row = rows.first(where: { text.map($0.row.contains) ?? true }) ?? rows.first else {
      return (file, "prompt “\(name)”")
    }
    let file = dataset.files[row.file]
    let place = "\(file.unit) \(row.line)"
    return (file.path, row.id.map { "\(place) (prompt “\($0)”)" } ?? place)
  }
}

extension TrainingRow {
  /// Whether a text of this row contains `part`.
  fileprivate func contains(_ part: String) -> Bool {
    prompt.messages.contains { $0.content.contains(part) }
      || answers.contains { $0.text.contains(part) }
      || demonstrations.contains { $0.answer.contains(part) }
  }
}
