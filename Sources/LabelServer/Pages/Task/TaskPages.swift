import Foundation
import Hummingbird
import LabelStore
import Labelling
import PreferenceData
import Rendering
import WebServer

/// The pages of one task: its numbers, prompts, judgements and labellers.
struct TaskPages: RouteGroup {
  let dependencies: ServerDependencies
  let site: Site

  var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      Route(.get, "/tasks/{task}", TaskPermission.read, handler: overview),
      Route(.get, "/tasks/{task}/prompts", PromptPermission.list, handler: prompts),
      Route(.get, "/tasks/{task}/prompts/{prompt}", PromptPermission.list, handler: prompt),
      Route(
        .post, "/tasks/{task}/prompts/{prompt}/withdrawal", PromptPermission.importing
      ) { _, context in
        let (task, _) = try await dependencies.withdrawPrompt(context)
        return Reply.goTo(.prompt(task: task.slug, id: try context.promptID().description))
      },
      Route(.get, "/tasks/{task}/judgements", JudgementPermission.everyones, handler: judgements),
      Route(.get, "/tasks/{task}/labellers", PeoplePermission.compare, handler: labellers),
    ]
  }

  private func head(
    _ task: LabelTask, _ section: TaskHead.Section, _ context: AppRequestContext
  ) async -> TaskHead {
    await dependencies.head(task, section, context, strings: site.strings)
  }

  @Sendable private func overview(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    guard TaskPermission.followProgress.allows(context.visitor) else {
      return Reply.goTo(.guidelines(task: task.slug))
    }
    return try await glance(at: task, context)
  }

  /// The overview; `problem` says why something that was asked of the task was refused.
  func glance(
    at task: LabelTask, _ context: AppRequestContext, problem: String? = nil
  ) async throws -> Response {
    let canReview = ReviewPermission.read.allows(context.visitor)
    let page = TaskPage(
      head: await head(task, .overview, context), task: task,
      statistics: try await dependencies.statistics.of(task),
      activity: try await store.activity(in: task.id),
      disagreements: canReview ? try await store.reviewCount(of: task.id) : 0,
      problem: problem, wording: Wording(strings: site.strings, now: dependencies.now()))
    return try site.page(page, for: context, layout: LayoutOptions(current: .home))
  }

  @Sendable private func prompts(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let search = PromptSearch(request)
    let found = try await store.search(
      search, in: task.id, after: request.query("after").flatMap(PromptID.init))
    let page = PromptsPage(
      found, search: search, task: task, statistics: try await dependencies.statistics.of(task),
      kinds: try await store.promptKinds(of: task.id), head: await head(task, .prompts, context),
      strings: site.strings)
    return try site.page(page, for: context, layout: LayoutOptions(current: .home))
  }

  @Sendable private func prompt(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    guard let id = PromptID(try context.parameter("prompt")) else { throw WebError.notFound }
    let detail = try await store.prompt(id, of: task.id, for: context.visitor.id)
    let page = PromptPage(
      detail, known: try await store.goldJudgement(of: id), task: task,
      canChangeGold: GoldPermission.change.allows(context.visitor),
      hasChangedGold: request.query("gold") != nil,
      head: await head(task, .prompts, context), site: site,
      wording: Wording(strings: site.strings, now: dependencies.now()))
    return try site.page(page, for: context, layout: LayoutOptions(current: .home))
  }

  @Sendable private func judgements(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let filter = JudgementFilter(request)
    let listed = try await store.judgements(
      of: task.id, matching: filter, before: request.query("before").flatMap(AssignmentID.init),
      for: context.visitor.id)
    let statistics = try await dependencies.statistics.of(task)
    let page = JudgementsPage(
      listed, filter: filter, task: task, statistics: statistics,
      head: await head(task, .judgements, context),
      wording: Wording(strings: site.strings, now: dependencies.now()))
    return try site.page(page, for: context, layout: LayoutOptions(current: .home))
  }

  @Sendable private func labellers(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let page = LabellersPage(
      try await dependencies.statistics.of(task), active: try await store.activity(in: task.id),
      task: task, head: await head(task, .labellers, context),
      wording: Wording(strings: site.strings, now: dependencies.now()))
    return try site.page(page, for: context, layout: LayoutOptions(current: .home))
  }
}

extension ParseStrategy where Self == Date.ISO8601FormatStyle {
  /// The shape of times in preference records.
  static var storedTime: Self { Date.ISO8601FormatStyle(includingFractionalSeconds: true) }
}
