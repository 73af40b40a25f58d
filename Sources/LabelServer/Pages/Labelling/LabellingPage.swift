import WebServer

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

  /// The task's help text for a question.
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
