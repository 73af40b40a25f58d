import LabelStore
import Labelling
import PreferenceData

/// A prompt with its answers and what people said about them.
struct PromptPage: Page {
  static let template = "pages/prompt"

  struct Message: Sendable {
    let role: String
    let speaker: String
    let html: String
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

  let title: String
  let head: TaskHead
  let messages: [Message]
  let noAnswers: Bool
  let responses: [Response]
  let hasJudgements: Bool
  let judgements: [Row]

  init(_ detail: PromptDetail, head: TaskHead, site: Site, wording: Wording) {
    let words = site.words
    let keys = BlindOrder.keys(count: detail.responses.count)
    let letters = Dictionary(
      zip(detail.responses.map(\.id), keys), uniquingKeysWith: { first, _ in first })
    let flagNames = words.sections["flags"] ?? [:]
    title = words("prompt", "title")
    self.head = head
    messages = detail.prompt.messages.map {
      Message(
        role: $0.role.rawValue, speaker: words("labelling", "speaker.\($0.role.rawValue)"),
        html: site.markdown.html($0.content))
    }
    noAnswers = detail.responses.isEmpty
    responses = zip(detail.responses, keys).map {
      Response(letter: $1, source: $0.source ?? "–", html: site.markdown.html($0.text))
    }
    hasJudgements = !detail.judgements.isEmpty
    judgements = detail.judgements.map { judged in
      Row(
        labeller: judged.labellerName,
        groups: judged.judgement.ranking.map { RankingGroup(keys: $0.compactMap { letters[$0] }) },
        flags: judged.judgement.flags.sorted { $0.key < $1.key }.flatMap { id, flags in
          flags.map { "\(letters[id] ?? "?") \(flagNames[$0] ?? $0)" }
        }, rationale: judged.judgement.rationale, when: wording.moment(judged.createdAt),
        retracted: judged.isRetracted)
    }
  }
}
