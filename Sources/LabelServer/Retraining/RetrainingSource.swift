import PreferenceData

/// What a retraining takes from the store, and gives back to it.
package protocol RetrainingSource: Sendable {
  /// Throws `RetrainingError.unknownTask`.
  func dataset(of task: String) async throws -> RetrainingDataset
  func register(_ lineage: Lineage) async throws
  /// How many answers the task wants for each prompt.
  func responsesWanted(by task: String) async throws -> Int
  /// The prompts of a task that a policy has not answered yet.
  func prompts(of task: String, notAnsweredBy policy: String) async throws -> [UnansweredPrompt]
  /// Adds a policy's answers to prompts; all of them or none.
  func add(_ answers: [PromptAnswers], by policy: String, to task: String) async throws
}

/// A prompt that waits for answers.
package struct UnansweredPrompt: Sendable, Equatable {
  package let id: String
  package let messages: [ChatMessage]

  package init(id: String, messages: [ChatMessage]) {
    self.id = id
    self.messages = messages
  }
}

/// What a policy answered to one prompt.
package struct PromptAnswers: Sendable, Equatable {
  package let promptID: String
  package let texts: [String]
}
