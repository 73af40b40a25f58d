import Foundation
import Hummingbird
import LabelStore
import Labelling
import PreferenceData
import Rendering
import WebServer

/// The review pages: the queue, and a prompt's judgements side by side with the decision.
struct ReviewPages: RouteGroup {
  let dependencies: ServerDependencies
  let site: Site

  private var store: LabelStore { dependencies.store }
  private var wording: Wording { Wording(strings: site.strings, now: dependencies.now()) }

  var routes: [Route] {
    [
      Route(.get, "/tasks/{task}/review", ReviewPermission.read, handler: queue),
      Route(.get, "/tasks/{task}/review/{prompt}", ReviewPermission.read) { request, context in
        try await prompt(context, from: request.query("from"), saved: request.query("decided"))
      },
      Route(
        .post, "/tasks/{task}/review/{prompt}/adjudication", ReviewPermission.decide,
        handler: decide),
      Route(
        .post, "/tasks/{task}/review/{prompt}/adjudication/withdrawal", ReviewPermission.decide,
        handler: withdraw),
      // The reply to a rejected form has this address. Loading it again leads to the prompt.
      Route(.get, "/tasks/{task}/review/{prompt}/adjudication", ReviewPermission.read) {
        _, context in
        Reply.goTo(
          .review(task: try context.parameter("task"), prompt: try context.parameter("prompt")))
      },
      Route(
        .post, "/tasks/{task}/judgements/{judgement}/retraction", ReviewPermission.retract,
        handler: retract),
    ]
  }

  @Sendable private func queue(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let queue = request.query("queue").flatMap(ReviewQueue.init(rawValue:)) ?? .open
    let limit = 50
    let items = try await store.review(
      of: task.id, queue, after: request.query("after").flatMap(ReviewCursor.init), limit: limit)
    var counts: [ReviewQueue: Int] = [:]
    for each in ReviewQueue.allCases {
      counts[each] = try await store.reviewCount(of: task.id, each)
    }
    let page = ReviewQueuePage(
      items, in: queue, counts: counts,
      head: await dependencies.head(task, .review, context, strings: site.strings), task: task.slug,
      isDone: request.query("decided") != nil,
      next: items.count == limit ? items.last?.cursor : nil, wording: wording)
    return try site.page(page, for: context, layout: LayoutOptions(current: .home))
  }

  private func prompt(
    _ context: AppRequestContext, from source: String? = nil, saved: String? = nil,
    entered: JudgementForm? = nil, problem: String? = nil
  ) async throws -> Response {
    let task = try await store.task(context)
    let reviewed = try await reviewed(context, task)
    let start =
      entered ?? reviewed.start(from: source, task.definition.questions) ?? JudgementForm()
    let page = ReviewPage(
      reviewed, task: task, entered: start,
      head: await dependencies.head(task, .review, context, strings: site.strings),
      problem: problem,
      saved: saved, site: site, wording: wording)
    let layout = LayoutOptions(current: .home, scripts: [LayoutOptions.pageScript, "js/review.js"])
    var response = try site.page(page, for: context, layout: layout)
    if problem != nil { response.status = .unprocessableContent }
    return response
  }

  private func reviewed(_ context: AppRequestContext, _ task: LabelTask) async throws
    -> ReviewedPrompt
  {
    guard let id = PromptID(try context.parameter("prompt")) else { throw WebError.notFound }
    return try await store.reviewedPrompt(id, of: task.id, for: context.visitor.id)
  }

  @Sendable private func decide(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let reviewed = try await reviewed(context, task)
    let id = reviewed.detail.prompt.id
    let form = try await request.form()
    let keys = BlindOrder.keys(count: reviewed.shown.count)
    var entered: JudgementForm?
    do {
      let read = try JudgementForm(
        form, keys: keys, questions: task.definition.questions.forReview)
      entered = read
      try await store.adjudicate(read, on: id, of: task.id, by: context.visitor.id)
    } catch {
      guard let problem = error.formProblem else { throw error }
      return try await prompt(
        context, entered: entered, problem: explain(problem, keys: keys.map(\.rawValue)))
    }
    let next = try await store.review(of: task.id, limit: 1).first
    return Reply.goTo(
      .decided(task: task.slug, prompt: id.description, next: next?.prompt.id.description))
  }

  /// Returns a problem in words: as on the labelling page if answers lack a place, else as in the
  /// API.
  private func explain(_ problem: FormProblem, keys: [String]) -> String {
    let missing: [String]? =
      switch problem {
      case .missingResponses("ranking", let keys): keys
      case .required("ranking"), .nothingAnswered: keys
      default: nil
      }
    return missing.map {
      site.strings("behaviour", "missingRank", ["keys": site.strings.list($0)])
    } ?? problem.webError.message(in: site.strings)
  }

  @Sendable private func withdraw(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let id = try await reviewed(context, task).detail.prompt.id
    try await store.withdrawAdjudication(on: id, of: task.id, by: context.visitor.id)
    return Reply.goTo(.review(task: task.slug, prompt: id.description))
  }

  @Sendable private func retract(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    guard let id = AssignmentID(try context.parameter("judgement")) else { throw WebError.notFound }
    let prompt = try await store.prompt(ofJudgement: id, in: task.id)
    let form = try await request.form()
    let reason = try RetractionReason(chosen: form["reason"])
    try await store.retractJudgement(
      of: id, by: context.visitor.id, because: reason, note: form.filled("note") ?? "")
    await dependencies.statistics.forget(task.id)
    return Reply.goTo(.review(task: task.slug, prompt: prompt.description))
  }
}

extension RetractionReason {
  /// Reads the name of a reason. Throws `WebError.invalid` with the known names.
  init(chosen name: String) throws {
    guard let reason = RetractionReason(rawValue: name) else {
      let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw WebError.invalid("Say why: one of \(known).", field: "reason")
    }
    self = reason
  }
}
