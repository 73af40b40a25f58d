import Foundation
import Hummingbird
import LabelStore
import Labelling
import PreferenceData
import WebServer

/// The review queue, decisions, and retractions.
struct ReviewAPI: RouteGroup {
  let store: LabelStore

  var routes: [Route] {
    [
      .api(
        .get, "/tasks/{task}/review", ReviewPermission.read,
        summary: "List prompts by disagreement: queue=open, decided or agreed", handler: list),
      .api(
        .get, "/tasks/{task}/review/{prompt}", ReviewPermission.read,
        summary: "Show the judgements of a prompt side by side", handler: show),
      .api(
        .put, "/tasks/{task}/review/{prompt}/adjudication", ReviewPermission.decide,
        summary: "Decide on a prompt, by the letters of your own order", handler: decide),
      .api(
        .delete, "/tasks/{task}/review/{prompt}/adjudication", ReviewPermission.decide,
        summary: "Withdraw the decision on a prompt", handler: withdraw),
      .api(
        .get, "/tasks/{task}/judgements", JudgementPermission.everyones,
        summary: "List judgements: labeller=, flag=, source=, retracted=, before=",
        handler: judgements),
      .api(
        .post, "/tasks/{task}/judgements/{judgement}/retraction", ReviewPermission.retract,
        summary: "Retract a judgement, with a reason", handler: retract),
      .api(
        .post, "/tasks/{task}/labellers/{labeller}/retraction", ReviewPermission.retractWork,
        summary: "Retract all judgements of a labeller in a task, with a reason",
        handler: retractWork),
    ]
  }

  private struct Item: Encodable {
    let id: String
    let name: String
    let text: String
    let disagreement: Double
    let judgements: Int
  }

  private struct Queue: Encodable {
    let prompts: [Item]
    let next: String?
  }

  @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let name = request.query("queue") ?? ReviewQueue.open.rawValue
    guard let queue = ReviewQueue(rawValue: name) else {
      let known = ReviewQueue.allCases.map(\.rawValue).joined(separator: ", ")
      throw WebError.badRequest("Unknown queue “\(name)”. Use one of \(known).", field: "queue")
    }
    let limit = try request.limit()
    let items = try await store.review(
      of: task.id, queue, after: request.value("after", ReviewCursor.self), limit: limit)
    let next = items.count == limit ? items.last?.cursor.description : nil
    return try Reply.json(
      Queue(
        prompts: items.map {
          Item(
            id: $0.prompt.id.description, name: $0.prompt.name, text: $0.prompt.text,
            disagreement: $0.disagreement, judgements: $0.judgements)
        }, next: next))
  }

  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    return try Reply.json(ReviewedBody(await reviewed(task, context), task.definition.questions))
  }

  private func reviewed(_ task: LabelTask, _ context: AppRequestContext) async throws
    -> ReviewedPrompt
  {
    try await store.reviewedPrompt(context.promptID(), of: task.id, for: context.visitor.id)
  }

  @Sendable private func decide(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let form = try await request.judgementForm()
    let before = try await reviewed(task, context)
    let revision = try await store.adjudicate(
      form, on: before.detail.prompt.id, of: task.id, by: context.visitor.id)
    let isNew = before.adjudications.first?.revision != revision
    return try Reply.json(
      ReviewedBody(await reviewed(task, context), task.definition.questions),
      status: isNew ? .created : .ok)
  }

  @Sendable private func withdraw(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    try await store.withdrawAdjudication(
      on: context.promptID(), of: task.id, by: context.visitor.id)
    return Reply.nothing()
  }

  private struct Judgements: Encodable {
    let judgements: [ListedBody]
    let next: String?
  }

  @Sendable private func judgements(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let limit = try request.limit()
    _ = try request.value("labeller", PersonID.self)
    let page = try await store.judgements(
      of: task.id, matching: JudgementFilter(request),
      before: request.value("before", AssignmentID.self), limit: limit, for: context.visitor.id)
    return try Reply.json(
      Judgements(
        judgements: page.rows.map { ListedBody($0, task.definition.questions) },
        next: page.next?.description))
  }

  private struct Because: Decodable {
    let reason: String
    let note: String?
  }

  @Sendable private func retract(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    guard let id = AssignmentID(try context.parameter("judgement")) else { throw WebError.notFound }
    let because = try await request.decode(Because.self, nullable: ["note"])
    _ = try await store.prompt(ofJudgement: id, in: task.id)
    try await store.retractJudgement(
      of: id, by: context.visitor.id, because: RetractionReason(chosen: because.reason),
      note: because.note ?? "")
    return Reply.nothing()
  }

  @Sendable private func retractWork(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    guard let id = PersonID(try context.parameter("labeller")) else { throw WebError.notFound }
    let because = try await request.decode(Because.self, nullable: ["note"])
    let count = try await store.retractWork(
      of: store.person(id).id, in: task.id, by: context.visitor.id,
      because: RetractionReason(chosen: because.reason), note: because.note ?? "")
    return try Reply.json(["retracted": count])
  }
}
