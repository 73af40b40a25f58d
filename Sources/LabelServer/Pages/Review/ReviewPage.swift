import LabelStore
import Labelling
import PreferenceData
import Rendering
import WebServer

/// The judgements of one prompt side by side, and the reviewer's own decision.
///
/// The order of the answers depends on the reviewer. The page hides which model wrote each answer.
struct ReviewPage: Page {
  static let template = "pages/review-prompt"

  struct Choice: Sendable {
    let value: String
    let name: String
    let selected: Bool
  }

  struct Answer: Sendable {
    let key: String
    let label: String
    let placeLabel: String
    let placements: [Placement]
    let html: String
    let places: [Choice]
    let fields: [AnswerField]
  }

  /// The place that a labeller gave an answer.
  struct Placement: Sendable {
    let name: String
    let place: String
    let isFirst: Bool
  }

  struct Decision: Sendable {
    let text: String
    let groups: [AnswerNames.Group]
    let rationale: AnswerNames.Said?
  }

  struct Past: Sendable {
    let text: String
    let groups: [AnswerNames.Group]
  }

  let title: String
  let head: TaskHead
  let problem: String?
  let savedPath: String?
  let queuePath: String
  let promptPath: String
  let disagreement: String
  let messages: [PromptPage.Message]
  let isUnjudged: Bool
  let table: ReviewTable?
  let answers: [Answer]
  let action: String
  let withdrawalPath: String
  let rationale: String
  let decision: Decision?
  let isDecided: Bool
  let submitLabel: String
  let hasHistory: Bool
  let history: [Past]

  init(
    _ reviewed: ReviewedPrompt, task: LabelTask, entered: JudgementForm, head: TaskHead,
    problem: String?, saved: String?, site: Site, wording: Wording
  ) {
    let strings = site.strings
    let detail = reviewed.detail
    let id = detail.prompt.id.description
    title = strings("review", "title")
    self.head = head
    self.problem = problem
    savedPath = saved.map { SitePath.review(task: task.slug, prompt: $0).string }
    queuePath = SitePath.reviewQueue(task: task.slug, queue: "open", after: nil).string
    promptPath = SitePath.prompt(task: task.slug, id: id).string
    disagreement =
      reviewed.disagreement.map {
        strings("review", "disagreement", ["share": wording.percent($0)])
      } ?? strings("review", "noDisagreement")
    messages = PromptPage.Message.all(detail.prompt, site: site)
    isUnjudged = detail.judgements.isEmpty
    table = isUnjudged ? nil : ReviewTable(reviewed, task: task, site: site, wording: wording)
    answers = Self.answers(reviewed, table, task.definition.questions, entered, site)
    action = SitePath.adjudication(task: task.slug, prompt: id).string
    withdrawalPath = SitePath.adjudicationWithdrawal(task: task.slug, prompt: id).string
    rationale = entered.rationale ?? ""
    let letters = AnswerNames(letters: reviewed.shown)
    decision = reviewed.decision.map { decision in
      Decision(
        text: strings(
          "review", "decidedBy",
          ["name": decision.reviewerName, "when": wording.exact(decision.createdAt)]),
        groups: letters.groups(decision.judgement?.ranking ?? []),
        rationale: decision.judgement?.rationale.map { letters.said($0, shown: decision.shown) })
    }
    isDecided = decision != nil
    submitLabel = strings("review", isDecided ? "decideAgain" : "decide")
    let past = reviewed.adjudications.dropFirst(isDecided ? 1 : 0)
    hasHistory = !past.isEmpty
    history = past.map { decision in
      Past(
        text: strings(
          "review", decision.judgement == nil ? "withdrawnBy" : "decidedBy",
          ["name": decision.reviewerName, "when": wording.exact(decision.createdAt)]),
        groups: letters.groups(decision.judgement?.ranking ?? []))
    }
  }

  private static func answers(
    _ reviewed: ReviewedPrompt, _ table: ReviewTable?, _ questions: Questions,
    _ entered: JudgementForm, _ site: Site
  ) -> [Answer] {
    let strings = site.strings
    let texts = Dictionary(
      reviewed.detail.responses.map { ($0.id, $0.text) }, uniquingKeysWith: { first, _ in first })
    let letters = BlindOrder.keys(count: reviewed.shown.count)
    let fields = AnswerFields(
      questions: questions.forReview, keys: letters, entered: entered, strings: strings)
    return zip(letters, reviewed.shown).map { key, id in
      let place = entered.ranking.firstIndex { $0.contains(key) }
      return Answer(
        key: key.rawValue, label: strings("labelling", "answer", ["key": key.rawValue]),
        placeLabel: strings("labelling", "place", ["key": key.rawValue]),
        placements: table?.placements(of: key.rawValue) ?? [],
        html: site.markdown.html(answer: texts[id] ?? ""),
        places: [Choice(value: "", name: strings("labelling", "unplaced"), selected: place == nil)]
          + reviewed.shown.indices.map {
            Choice(value: String($0 + 1), name: strings.place($0), selected: place == $0)
          }, fields: fields.fields(of: key))
    }
  }
}

extension Translations {
  /// Returns the name of a place, counted from 0.
  func place(_ index: Int) -> String {
    index < 3
      ? self("labelling", "place\(index + 1)")
      : self("labelling", "placeN", ["n": String(index + 1)])
  }
}
