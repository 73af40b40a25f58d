import LabelStore
import Labelling
import PreferenceData

/// The data of an assignment that its labeller may see. The labelling page shows only this.
package struct AssignmentContent: Sendable {
  package struct Answer: Sendable {
    package let key: Letter
    package let text: String

    package init(key: Letter, text: String) {
      self.key = key
      self.text = text
    }
  }

  package let assignment: String
  package let task: String
  package let taskTitle: String
  package let questions: Questions
  package let messages: [ChatMessage]
  package let answers: [Answer]
  package let entered: JudgementForm
  package let correcting: Bool
  package let leaseSeconds: Int
  package let guidelines: String

  package init(
    assignment: String, task: String, taskTitle: String, questions: Questions,
    messages: [ChatMessage], answers: [Answer], entered: JudgementForm, correcting: Bool,
    leaseSeconds: Int, guidelines: String
  ) {
    self.assignment = assignment
    self.task = task
    self.taskTitle = taskTitle
    self.questions = questions
    self.messages = messages
    self.answers = answers
    self.entered = entered
    self.correcting = correcting
    self.leaseSeconds = leaseSeconds
    self.guidelines = guidelines
  }

  var keys: [Letter] { answers.map(\.key) }

  /// Returns the key for a command. It includes shift if an answer has the same letter.
  func commandKey(_ letter: String) -> String {
    keys.contains(Letter(rawValue: letter.uppercased())) ? "⇧" + letter.uppercased() : letter
  }

  /// Whether labellers compare two answers on one scale. The task then has a preference question.
  var comparesOnScale: Bool { answers.count == 2 && questions.preference != nil }
}

extension AssignmentContent {
  init(_ assignment: Assignment, of task: LabelTask, entered: JudgementForm?, language: String) {
    self.init(
      assignment: assignment.id.description, task: task.slug,
      taskTitle: task.definition.title(in: [language]), questions: assignment.questions,
      messages: assignment.messages,
      answers: assignment.responses.map { .init(key: $0.key, text: $0.text) },
      entered: entered ?? assignment.form ?? assignment.draft ?? JudgementForm(),
      correcting: assignment.state == .submitted,
      leaseSeconds: task.definition.leaseSeconds, guidelines: task.guidelines(in: language))
  }
}
