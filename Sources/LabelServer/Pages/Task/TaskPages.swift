import Foundation
import Hummingbird
import LabelStore
import Labelling
import PreferenceData

/// The pages of one task: its numbers, prompts, judgements and labellers.
struct TaskPages: Feature {
  let dependencies: ServerDependencies
  let site: Site

  var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      Route(.get, "/tasks/{task}", TaskPolicy.read, handler: overview),
      Route(.get, "/tasks/{task}/prompts", PromptPolicy.list, handler: prompts),
      Route(.get, "/tasks/{task}/prompts/{prompt}", PromptPolicy.list, handler: prompt),
      Route(.get, "/tasks/{task}/judgements", JudgementPolicy.everyones, handler: judgements),
      Route(.get, "/tasks/{task}/labellers", PeoplePolicy.compare, handler: labellers),
    ]
  }

  private func head(_ task: LabelTask, _ section: TaskHead.Section, _ visit: Visit) -> TaskHead {
    TaskHead(task, section, visit, words: site.words)
  }

  @Sendable private func overview(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    guard TaskPolicy.followProgress.allows(visit.visitor) else {
      return Reply.goTo(.guidelines(task: task.slug))
    }
    let page = TaskPage(
      head: head(task, .overview, visit), task: task,
      statistics: try await dependencies.statistics.of(task),
      labellers: try await store.labellers(of: task.id),
      wording: Wording(words: site.words, now: dependencies.now()))
    return try site.page(page, for: visit, frame: FrameChoice(current: .home))
  }

  @Sendable private func prompts(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    let query = Form(encoded: request.uri.query ?? "")["query"]
    let limit = 50
    let prompts = try await store.prompts(
      of: task.id, matching: query, after: request.query("after").flatMap(Int.init) ?? 0,
      limit: limit)
    let next = prompts.count == limit ? prompts.last?.position : nil
    let page = PromptsPage(
      title: site.words("task", "prompts"), head: head(task, .prompts, visit), query: query,
      isEmpty: prompts.isEmpty, hasPrompts: !prompts.isEmpty,
      emptyTitle: site.words("prompts", query.isEmpty ? "emptyTitle" : "noneTitle"),
      emptyText: site.words("prompts", query.isEmpty ? "emptyText" : "noneText"),
      prompts: prompts.map {
        .init(
          path: SitePath.prompt(task: task.slug, id: $0.id.description).string,
          text: $0.text.shortened(to: 200), answers: $0.responseCount,
          judgements: "\($0.judged) / \($0.wanted)")
      },
      nextPath: next.map {
        var components = URLComponents()
        components.path = SitePath.prompts(task: task.slug).string
        components.queryItems = [
          URLQueryItem(name: "after", value: String($0)),
          URLQueryItem(name: "query", value: query),
        ]
        return components.string ?? components.path
      })
    return try site.page(page, for: visit, frame: FrameChoice(current: .home))
  }

  @Sendable private func prompt(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    guard let id = PromptID(try visit.parameter("prompt")) else { throw WebError.notFound }
    let detail = try await store.prompt(id)
    guard detail.prompt.taskID == task.id else { throw WebError.notFound }
    let page = PromptPage(
      detail, head: head(task, .prompts, visit), site: site,
      wording: Wording(words: site.words, now: dependencies.now()))
    return try site.page(page, for: visit, frame: FrameChoice(current: .home))
  }

  @Sendable private func judgements(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    let recent = try await dependencies.statistics.of(task).recent
    let flagNames = site.words.sections["flags"] ?? [:]
    let wording = Wording(words: site.words, now: dependencies.now())
    let page = JudgementsPage(
      title: site.words("task", "judgements"), head: head(task, .judgements, visit),
      isEmpty: recent.isEmpty, hasJudgements: !recent.isEmpty,
      judgements: recent.map { judgement in
        .init(
          prompt: judgement.prompt.shortened(to: 200), labeller: judgement.labeller,
          groups: judgement.ranking.map(RankingGroup.init),
          flags: judgement.flags.map { flagNames[$0] ?? $0 }, rationale: judgement.rationale,
          when: (try? Date(judgement.createdAt, strategy: .storedTime)).map(wording.moment)
            ?? judgement.createdAt)
      })
    return try site.page(page, for: visit, frame: FrameChoice(current: .home))
  }

  @Sendable private func labellers(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    let wording = Wording(words: site.words, now: dependencies.now())
    let labellers = try await store.labellers(of: task.id)
    let page = LabellersPage(
      title: site.words("task", "labellers"), head: head(task, .labellers, visit),
      peoplePath: SitePath.people.string, isEmpty: labellers.isEmpty,
      hasLabellers: !labellers.isEmpty,
      labellers: labellers.map {
        .init(
          name: $0.name, pseudonym: $0.pseudonym, isActive: $0.isActive,
          judgements: $0.judgements.formatted(), skips: $0.skips.formatted(),
          seconds: $0.medianSeconds.map(wording.duration) ?? "–",
          lastActivity: wording.moment($0.lastActiveAt))
      })
    return try site.page(page, for: visit, frame: FrameChoice(current: .home))
  }
}

extension ParseStrategy where Self == Date.ISO8601FormatStyle {
  /// The shape of times in preference records.
  static var storedTime: Self { Date.ISO8601FormatStyle(includingFractionalSeconds: true) }
}

extension String {
  func shortened(to count: Int) -> String {
    self.count <= count ? self : prefix(count - 1) + "…"
  }
}

/// Answers that share a place.
struct RankingGroup: Sendable {
  let keys: [String]
}

struct PromptsPage: Page {
  static let template = "pages/prompts"

  struct Row: Sendable {
    let path: String
    let text: String
    let answers: Int
    let judgements: String
  }

  let title: String
  let head: TaskHead
  let query: String
  let isEmpty: Bool
  let hasPrompts: Bool
  let emptyTitle: String
  let emptyText: String
  let prompts: [Row]
  let nextPath: String?
}

struct JudgementsPage: Page {
  static let template = "pages/judgements"

  struct Row: Sendable {
    let prompt: String
    let labeller: String
    let groups: [RankingGroup]
    let flags: [String]
    let rationale: String?
    let when: String
  }

  let title: String
  let head: TaskHead
  let isEmpty: Bool
  let hasJudgements: Bool
  let judgements: [Row]
}

struct LabellersPage: Page {
  static let template = "pages/labellers"

  struct Row: Sendable {
    let name: String
    let pseudonym: String
    let isActive: Bool
    let judgements: String
    let skips: String
    let seconds: String
    let lastActivity: String
  }

  let title: String
  let head: TaskHead
  let peoplePath: String
  let isEmpty: Bool
  let hasLabellers: Bool
  let labellers: [Row]
}
