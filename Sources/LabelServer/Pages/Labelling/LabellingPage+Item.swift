import Foundation
import Labelling
import PreferenceData
import Rendering

extension LabellingPage {
  init(
    _ item: LabellingItem, labeller: String, today: Int, site: Site, problem: String? = nil
  ) throws {
    let strings = site.strings
    let questions = QuestionWording(item: item, strings: strings)
    title = item.taskTitle
    state = try LabellingState(item, labeller: labeller, today: today, site: site).json()
    isPair = item.answers.count == 2
    submitPath = SitePath.judgement(assignment: item.assignment).string
    skipPath = SitePath.skip(assignment: item.assignment).string
    guidelinesPath = SitePath.guidelines(task: item.task).string
    correcting = item.correcting
    self.problem = problem
    messages = item.messages.map { message in
      Message(
        role: message.role.rawValue,
        speaker: strings("labelling", "speaker.\(message.role.rawValue)"),
        showsRole: item.messages.count > 1, lang: TextLanguage.guess(message.content),
        html: site.markdown.html(message.content))
    }
    answers = item.answers.map { questions.answer($0, html: site.markdown.html($0.text)) }
    helps = questions.helps
    hasHelps = !helps.isEmpty
    preference = questions.fields.preference
    closing = questions.fields.closing
    guidelinesKey = item.commandKey("g")
    submitLabel = strings("labelling", item.correcting ? "submitCorrection" : "submit")
    activeSeconds = String(item.entered.activeSeconds ?? 0)
    guidelinesHTML = site.markdown.html(
      item.guidelines.isEmpty ? strings("guidelines", "none") : item.guidelines,
      keepsLineBreaks: false)
    skipReasons = ["unsure", "language", "broken", "uncomfortable"].enumerated().map {
      SkipReason(value: $1, name: strings("skipReasons", $1), digit: $0 + 1)
    }
    shortcuts = questions.shortcuts
  }
}
