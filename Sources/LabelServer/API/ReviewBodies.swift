import Foundation
import LabelStore
import Labelling
import PreferenceData

/// A prompt under review: responses by the reviewer's letters, without their sources.
struct ReviewedBody: Encodable {
  struct Answer: Encodable {
    let key: String
    let text: String
  }

  struct Said: Encodable {
    let id: String
    let labeller: String
    let pseudonym: String
    /// Its texts name the responses by the reviewer's letters too.
    let judgement: JudgementForm
    let asWritten: [String: JSONValue]?
    /// Letters in the order in which the labeller saw the responses.
    let shownOrder: [String]
    let revision: Int
    let submittedAt: Date
    let retraction: RetractionBody?
  }

  struct Decision: Encodable {
    let reviewer: String
    let revision: Int
    let judgement: JudgementForm?
    let decidedAt: Date
  }

  let id: String
  let name: String
  let messages: [ChatMessage]
  let responses: [Answer]
  let disagreement: Double?
  let judgements: [Said]
  /// The last entry is in force, unless its judgement is null: then the decision was withdrawn.
  let adjudications: [Decision]

  init(_ reviewed: ReviewedPrompt, _ questions: Questions) {
    let detail = reviewed.detail
    let texts = Dictionary(
      detail.responses.map { ($0.id, $0.text) }, uniquingKeysWith: { first, _ in first })
    let letters = AnswerNames(letters: reviewed.shown)
    id = detail.prompt.id.description
    name = detail.prompt.name
    messages = detail.prompt.messages
    responses = zip(BlindOrder.keys(count: reviewed.shown.count), reviewed.shown).map {
      Answer(key: $0.rawValue, text: texts[$1] ?? "")
    }
    disagreement = reviewed.disagreement
    judgements = detail.judgements.map { judged in
      let named = letters.named(judged.judgement, shown: judged.shown, questions)
        .form(shown: reviewed.shown)
      return Said(
        id: judged.assignmentID.description, labeller: judged.labellerName,
        pseudonym: judged.pseudonym, judgement: named,
        asWritten: judged.judgement.form(shown: reviewed.shown).texts(unlike: named),
        shownOrder: judged.shown.compactMap { letters[$0] }, revision: judged.revision,
        submittedAt: judged.createdAt, retraction: judged.retraction.map(RetractionBody.init))
    }
    adjudications = reviewed.adjudications.reversed().map {
      Decision(
        reviewer: $0.reviewerName, revision: $0.revision,
        judgement: $0.judgement.map { [shown = $0.shown] in
          letters.named($0, shown: shown, questions).form(shown: reviewed.shown)
        }, decidedAt: $0.createdAt)
    }
  }
}

struct RetractionBody: Encodable {
  let by: String
  let reason: String
  let note: String
  let at: Date

  init(_ retraction: Retraction) {
    by = retraction.personName
    reason = retraction.reason.rawValue
    note = retraction.note
    at = retraction.createdAt
  }
}

/// A judgement in a list, with the ids of the responses. Its texts name them by number.
struct ListedBody: Encodable {
  let id: String
  let prompt: String
  let promptName: String
  let labeller: String
  let pseudonym: String
  let judgement: Judgement
  let asWritten: [String: JSONValue]?
  let shownOrder: [String]
  let revision: Int
  let submittedAt: Date
  let retraction: RetractionBody?

  init(_ listed: ListedJudgement, _ questions: Questions) {
    let detail = listed.detail
    id = detail.assignmentID.description
    prompt = listed.promptID.description
    promptName = listed.promptName
    labeller = detail.labellerName
    pseudonym = detail.pseudonym
    judgement = AnswerNames(numbers: listed.responses)
      .named(detail.judgement, shown: detail.shown, questions)
    asWritten = detail.judgement.texts(unlike: judgement)
    shownOrder = detail.shown
    revision = detail.revision
    submittedAt = detail.createdAt
    retraction = detail.retraction.map(RetractionBody.init)
  }
}
