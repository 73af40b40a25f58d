import Foundation
import Hummingbird
import LabelStore
import Labelling
import PreferenceData
import Rendering

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

  private func head(
    _ task: LabelTask, _ section: TaskHead.Section, _ visit: Visit
  ) async -> TaskHead {
    await dependencies.head(task, section, visit, words: site.words)
  }

  @Sendable private func overview(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    guard TaskPolicy.followProgress.allows(visit.visitor) else {
      return Reply.goTo(.guidelines(task: task.slug))
    }
    return try await glance(at: task, visit)
  }

  /// The overview; `problem` says why something that was asked of the task was refused.
  func glance(
    at task: LabelTask, _ visit: Visit, problem: String? = nil
  ) async throws -> Response {
    let canReview = ReviewPolicy.read.allows(visit.visitor)
    let page = TaskPage(
      head: await head(task, .overview, visit), task: task,
      statistics: try await dependencies.statistics.of(task),
      activity: try await store.activity(in: task.id),
      disagreements: canReview ? try await store.reviewCount(of: task.id) : 0,
      problem: problem, wording: Wording(words: site.words, now: dependencies.now()))
    return try site.page(page, for: visit, frame: FrameChoice(current: .home))
  }

  @Sendable private func prompts(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    let search = PromptSearch(request)
    let found = try await store.search(
      search, in: task.id, after: request.query("after").flatMap(PromptID.init))
    let page = PromptsPage(
      found, search: search, task: task, statistics: try await dependencies.statistics.of(task),
      kinds: try await store.promptKinds(of: task.id), head: await head(task, .prompts, visit),
      words: site.words)
    return try site.page(page, for: visit, frame: FrameChoice(current: .home))
  }

  @Sendable private func prompt(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    guard let id = PromptID(try visit.parameter("prompt")) else { throw WebError.notFound }
    let detail = try await store.prompt(id, of: task.id, for: visit.visitor.id)
    let page = PromptPage(
      detail, known: try await store.goldJudgement(of: id), task: task,
      canChangeGold: GoldPolicy.change.allows(visit.visitor),
      hasChangedGold: request.query("gold") != nil,
      head: await head(task, .prompts, visit), site: site,
      wording: Wording(words: site.words, now: dependencies.now()))
    return try site.page(page, for: visit, frame: FrameChoice(current: .home))
  }

  @Sendable private func judgements(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    let filter = JudgementFilter(request)
    let listed = try await store.judgements(
      of: task.id, matching: filter, before: request.query("before").flatMap(AssignmentID.init),
      for: visit.visitor.id)
    let statistics = try await dependencies.statistics.of(task)
    let page = JudgementsPage(
      listed, filter: filter, task: task, reader: visit.visitor.id, statistics: statistics,
      head: await head(task, .judgements, visit),
      wording: Wording(words: site.words, now: dependencies.now()))
    return try site.page(page, for: visit, frame: FrameChoice(current: .home))
  }

  @Sendable private func labellers(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    let page = LabellersPage(
      try await dependencies.statistics.of(task), active: try await store.activity(in: task.id),
      task: task, head: await head(task, .labellers, visit),
      wording: Wording(words: site.words, now: dependencies.now()))
    return try site.page(page, for: visit, frame: FrameChoice(current: .home))
  }
}

extension ParseStrategy where Self == Date.ISO8601FormatStyle {
  /// The shape of times in preference records.
  static var storedTime: Self { Date.ISO8601FormatStyle(includingFractionalSeconds: true) }
}

/// Answers that share a place.
struct RankingGroup: Sendable {
  let keys: [String]
}
