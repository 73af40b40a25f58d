import LabelStore
import Labelling
import PreferenceData
import Rendering

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
    let letter: String
    let source: String
    let html: String
  }

  struct Row: Sendable {
    let labeller: String
    let groups: [RankingGroup]
    let flags: [String]
    let rationale: String?
    let when: String
    let retracted: Bool
  }

  /// The known judgement of a prompt, and the form that says or changes it.
  struct Gold: Sendable {
    struct Answer: Sendable {
      let key: String
      let label: String
      let places: [ReviewPage.Choice]
    }

    let isMarked: Bool
    let groups: [RankingGroup]
    let action: String
    let removalPath: String
    let answers: [Answer]
    let submitLabel: String
    let rate: String
  }

  /// The reviewer's decision, which exports take.
  struct Decision: Sendable {
    let text: String
    let groups: [RankingGroup]
    let rationale: String?
  }

  let title: String
  let head: TaskHead
  let reviewPath: String
  let gold: Gold?
  /// A notice of a change that was just made to the prompt.
  let changed: String?
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
    let keys = BlindOrder.keys(count: detail.responses.count)
    let letters = Letters(shown: detail.responses.map(\.id))
    let flagNames = strings.sections["flags"] ?? [:]
    title = strings("prompt", "title")
    self.head = head
    let id = detail.prompt.id.description
    reviewPath = SitePath.review(task: task.slug, prompt: id).string
    gold =
      canChangeGold && detail.responses.count > 1
      ? Gold(known, detail, task: task, wording: wording) : nil
    changed = hasChangedGold ? strings("gold", known == nil ? "nowPlain" : "nowGold") : nil
    decision = detail.decision.map { decision in
      Decision(
        text: strings(
          "review", "decidedBy",
          ["name": decision.reviewerName, "when": wording.exact(decision.createdAt)]),
        groups: letters.groups(decision.judgement?.ranking ?? []),
        rationale: decision.judgement?.rationale)
    }
    messages = Message.all(detail.prompt, site: site)
    noAnswers = detail.responses.isEmpty
    responses = zip(detail.responses, keys).map {
      Response(
        letter: $1.rawValue, source: $0.source ?? "", html: site.markdown.html(answer: $0.text))
    }
    hasJudgements = !detail.judgements.isEmpty
    judgements = detail.judgements.map { judged in
      Row(
        labeller: judged.labellerName,
        groups: letters.groups(judged.judgement.ranking),
        flags: detail.responses.flatMap { response in
          judged.judgement.flagNames(of: ResponseID(rawValue: response.id)).map {
            "\(letters[response.id] ?? "?") \(flagNames[$0] ?? $0)"
          }
        }, rationale: judged.judgement.rationale, when: wording.moment(judged.createdAt),
        retracted: judged.isRetracted)
    }
  }
}

extension PromptPage.Gold {
  init(_ known: Judgement?, _ detail: PromptDetail, task: LabelTask, wording: Wording) {
    let strings = wording.strings
    let ids = detail.responses.map(\.id)
    let order = known?.order ?? []
    isMarked = known != nil
    groups = Letters(shown: ids).groups(order)
    let prompt = detail.prompt.id.description
    action = SitePath.goldOf(prompt: prompt, task: task.slug).string
    removalPath = SitePath.goldRemoval(prompt: prompt, task: task.slug).string
    answers = zip(BlindOrder.keys(count: ids.count), ids).map { key, id in
      let place = order.firstIndex { $0.contains(ResponseID(rawValue: id)) }
      return Answer(
        key: key.rawValue, label: strings("labelling", "place", ["key": key.rawValue]),
        places: [.init(value: "", name: strings("labelling", "unplaced"), selected: place == nil)]
          + ids.indices.map {
            .init(value: String($0 + 1), name: strings.place($0), selected: place == $0)
          })
    }
    submitLabel = strings("gold", known == nil ? "mark" : "change")
    rate = wording.goldRate(of: task)
  }
}
