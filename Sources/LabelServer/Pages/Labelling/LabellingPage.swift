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
    let html: String
  }

  struct Choice: Sendable {
    let value: String
    let label: String
    let selected: Bool
  }

  struct Scale: Sendable {
    let legend: String
    let caption: String
    let points: [Choice]
  }

  struct Place: Sendable {
    let value: String
    let name: String
    let selected: Bool
  }

  struct Flag: Sendable {
    let value: String
    let name: String
    let hint: String?
    let selected: Bool
  }

  struct Answer: Sendable {
    let key: String
    let label: String
    let html: String
    let placed: Bool
    let placeLabel: String
    let places: [Place]
    let hasFooter: Bool
    let rating: Scale?
    let hasFlags: Bool
    let flagsLegend: String
    let flags: [Flag]
  }

  /// What the task says about a question.
  struct Help: Sendable {
    let question: String
    let text: String
  }

  struct FreeText: Sendable {
    let caption: String
    let placeholder: String
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
  let strength: Scale?
  let confidence: Scale?
  let hasPromptFlags: Bool
  let promptFlags: [Flag]
  let rationale: FreeText?
  let demonstration: FreeText?
  let submitLabel: String
  let activeSeconds: String
  let guidelinesHTML: String
  let skipReasons: [SkipReason]
  let shortcuts: [Shortcut]
}

/// What the page is made from: all that a labeller may know, and nothing else.
package struct LabellingItem: Sendable {
  package struct Answer: Sendable {
    package let key: String
    package let text: String

    package init(key: String, text: String) {
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

  var keys: [String] { answers.map(\.key) }

  /// Two answers are compared on one scale when the task asks how much better one is.
  var comparesOnScale: Bool { answers.count == 2 && questions.strength != nil }
}
