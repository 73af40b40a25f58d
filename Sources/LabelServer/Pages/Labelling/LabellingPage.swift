import Foundation
import Labelling
import PreferenceData

/// The labelling page: a prompt, its answers in blind order, and the questions about them.
struct LabellingPage: Page {
  static let template = "pages/labelling"

  struct Message: Sendable {
    let role: String
    let speaker: String
    let showsRole: Bool
    let lang: String?
    let html: String
  }

  struct Place: Sendable {
    let value: String
    let name: String
    let selected: Bool
  }

  struct Answer: Sendable {
    let key: String
    let label: String
    let lang: String?
    let html: String
    let placed: Bool
    let placeLabel: String
    let places: [Place]
    let hasFooter: Bool
    let footer: [AnswerField]
  }

  /// What the task says about a question.
  struct Help: Sendable {
    let question: String
    let text: String
  }

  struct SkipReason: Sendable {
    let value: String
    let name: String
    let digit: Int
  }

  struct Shortcut: Sendable {
    let keys: [String]
    let does: String
  }

  let title: String
  let state: String
  let isPair: Bool
  let submitPath: String
  let skipPath: String
  let guidelinesPath: String
  let correcting: Bool
  let problem: String?
  let messages: [Message]
  let hasHelps: Bool
  let helps: [Help]
  let answers: [Answer]
  let preference: AnswerField?
  let closing: [AnswerField]
  let guidelinesKey: String
  let submitLabel: String
  let activeSeconds: String
  let guidelinesHTML: String
  let skipReasons: [SkipReason]
  let shortcuts: [Shortcut]
}

/// What the page is made from: all that a labeller may know, and nothing else.
package struct LabellingItem: Sendable {
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

  /// How a command's letter is typed: with shift where an answer goes by the same letter.
  func commandKey(_ letter: String) -> String {
    keys.contains(Letter(rawValue: letter.uppercased())) ? "⇧" + letter.uppercased() : letter
  }

  /// Two answers are compared on one scale when the task asks how much better one is.
  var comparesOnScale: Bool { answers.count == 2 && questions.preference != nil }
}
