import Foundation
import Labelling
import PreferenceData
import Rendering
import WebServer

extension LabellingPage {
  init(
    _ content: AssignmentContent, labeller: String, today: Int, site: Site, problem: String? = nil
  ) throws {
    let strings = site.strings
    let questions = QuestionWording(content: content, strings: strings)
    title = content.taskTitle
    state = try LabellingState(content, labeller: labeller, today: today, site: site).json()
    isPair = content.answers.count == 2
    submitPath = SitePath.judgement(assignment: content.assignment).string
    skipPath = SitePath.skip(assignment: content.assignment).string
    guidelinesPath = SitePath.guidelines(task: content.task).string
    correcting = content.correcting
    self.problem = problem
    messages = content.messages.map { message in
      Message(
        role: message.role.rawValue,
        speaker: strings("labelling", "speaker.\(message.role.rawValue)"),
        showsRole: content.messages.count > 1, lang: TextLanguage.guess(message.content),
        html: site.markdown.html(message: message))
    }
    answers = content.answers.map {
      questions.answer($0, html: site.markdown.html(answer: $0.text))
    }
    helps = questions.helps
    hasHelps = !helps.isEmpty
    preference = questions.fields.preference
    closing = questions.fields.closing
    guidelinesKey = content.commandKey("g")
    submitLabel = strings("labelling", content.correcting ? "submitCorrection" : "submit")
    activeSeconds = String(content.entered.activeSeconds ?? 0)
    guidelinesHTML = site.markdown.html(
      content.guidelines.isEmpty ? strings("guidelines", "none") : content.guidelines,
      keepsLineBreaks: false)
    skipReasons = ["unsure", "language", "broken", "uncomfortable"].enumerated().map {
      SkipReason(value: $1, name: strings("skipReasons", $1), digit: $0 + 1)
    }
    shortcuts = questions.shortcuts
  }
}
