import LabelStore
import Labelling
import PreferenceData
import Rendering
import WebServer

/// A prompt with its answers and what people said about them.
struct PromptPage: Page {
  static let template = "pages/prompt"

  struct Message: Sendable {
    let role: String
    let speaker: String
    let html: String

    static func all(_ prompt: Prompt, site: Site) -> [Message] {
      prompt.messages.map {
        Message(
          role: $0.role.rawValue,
          speaker: site.strings("labelling", "speaker.\($0.role.rawValue)"),
          html: site.markdown.html(message: $0))
      }
    }
  }

  struct Response: Sendable {
    let name: String
    let source: String
    let html: String
  }

  struct Row: Sendable {
    let labeller: String
    let groups: [AnswerNames.Group]
    let flags: [String]
    let rationale: AnswerNames.Said?
    let when: String
    let retracted: Bool
    let isExternal: Bool
  }

  /// The known judgement of a prompt, and the form that says or changes it.
  struct Gold: Sendable {
    struct Answer: Sendable {
      let key: String
      let name: String
      let words: String
      let label: String
      let places: [ReviewPage.Choice]
    }

    let isMarked: Bool
    let groups: [AnswerNames.Group]
    let action: String
    let removalPath: String
    let answers: [Answer]
    let submitLabel: String
    let rate: String
  }

  /// The reviewer's decision, which exports take.
  struct Decision: Sendable {
    let text: String
    let groups: [AnswerNames.Group]
    let rationale: AnswerNames.Said?
  }

  let title: String
  let head: TaskHead
  let reviewPath: String
  let gold: Gold?
  /// A notice of a change that was just made to the prompt.
  let changed: String?
  /// The notice that the prompt is closed or withdrawn.
  let gone: String?
  /// The address of the form that withdraws the prompt; nil where that is not possible.
  let withdrawalPath: String?
  let decision: Decision?
  let messages: [Message]
  let noAnswers: Bool
  let responses: [Response]
  let hasJudgements: Bool
  let judgements: [Row]

  init(
    _ detail: PromptDetail, known: Judgement?, task: LabelTask, canChangeGold: Bool,
    hasChangedGold: Bool, head: TaskHead, site: Site, wording: Wording
  ) {
    let strings = site.strings
    let names = AnswerNames(numbers: detail.responses)
    let flagNames = strings.sections["flags"] ?? [:]
    title = strings("prompt", "title")
    self.head = head
    let id = detail.prompt.id.description
    reviewPath = SitePath.review(task: task.slug, prompt: id).string
    gold =
      canChangeGold && detail.responses.count > 1 && !detail.prompt.isClosed
      ? Gold(known, detail, task: task, wording: wording) : nil
    changed = hasChangedGold ? strings("gold", known == nil ? "nowPlain" : "nowGold") : nil
    gone =
      detail.prompt.isClosed
      ? strings("prompt", detail.prompt.isWithdrawn ? "withdrawn" : "closed") : nil
    withdrawalPath =
      canChangeGold && !detail.prompt.isClosed
      ? SitePath.promptWithdrawal(prompt: id, task: task.slug).string : nil
    decision = detail.decision.map { decision in
      Decision(
        text: strings(
          "review", "decidedBy",
          ["name": decision.reviewerName, "when": wording.exact(decision.createdAt)]),
        groups: names.groups(decision.judgement?.ranking ?? []),
        rationale: decision.judgement?.rationale.map { names.said($0, shown: decision.shown) })
    }
    messages = Message.all(detail.prompt, site: site)
    noAnswers = detail.responses.isEmpty
    responses = detail.responses.map {
      Response(
        name: names[$0.id] ?? "", source: $0.source ?? "",
        html: site.markdown.html(answer: $0.text))
    }
    hasJudgements = !detail.judgements.isEmpty
    judgements = detail.judgements.map { judged in
      Row(
        labeller: judged.labellerName,
        groups: names.groups(judged.judgement.ranking),
        flags: detail.responses.flatMap { response in
          judged.judgement.flagNames(of: ResponseID(rawValue: response.id)).map {
            "\(names[response.id] ?? "?") \(flagNames[$0] ?? $0)"
          }
        }, rationale: judged.judgement.rationale.map { names.said($0, shown: judged.shown) },
        when: wording.moment(judged.createdAt), retracted: judged.isRetracted,
        isExternal: judged.isExternal)
    }
  }
}

extension PromptPage.Gold {
  init(_ known: Judgement?, _ detail: PromptDetail, task: LabelTask, wording: Wording) {
    let strings = wording.strings
    let ids = detail.responses.map(\.id)
    let order = known?.order ?? []
    isMarked = known != nil
    let names = AnswerNames(numbers: detail.responses)
    groups = names.groups(order)
    let prompt = detail.prompt.id.description
    action = SitePath.goldOf(prompt: prompt, task: task.slug).string
    removalPath = SitePath.goldRemoval(prompt: prompt, task: task.slug).string
    answers = zip(BlindOrder.keys(count: ids.count), detail.responses).map { key, response in
      let place = order.firstIndex { $0.contains(ResponseID(rawValue: response.id)) }
      let name = names[response.id] ?? ""
      return Answer(
        key: key.rawValue, name: name, words: AnswerNames.firstWords(response.text, length: 24),
        label: strings("labelling", "place", ["key": name]),
        places: [.init(value: "", name: strings("labelling", "unplaced"), selected: place == nil)]
          + ids.indices.map {
            .init(value: String($0 + 1), name: strings.place($0), selected: place == $0)
          })
    }
    submitLabel = strings("gold", known == nil ? "mark" : "change")
    rate = wording.goldRate(of: task)
  }
}
