import Foundation
import Hummingbird
import LabelStore
import Labelling
import Rendering
import WebServer

/// One labeller's work in a task, and taking it back.
struct LabellerPages: RouteGroup {
  let dependencies: ServerDependencies
  let site: Site

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      Route(.get, "/tasks/{task}/labellers/{labeller}", PeoplePermission.compare) {
        request, context in
        try await page(
          context, retracted: request.query("retracted").flatMap(Int.init),
          before: request.query("before").flatMap(AssignmentID.init))
      },
      Route(
        .post, "/tasks/{task}/labellers/{labeller}/retraction", ReviewPermission.retractWork,
        handler: retract),
    ]
  }

  private func labeller(
    _ context: AppRequestContext, in task: LabelTask
  ) async throws -> LabellerStatistics {
    guard let id = PersonID(try context.parameter("labeller")),
      try await store.isLabeller(id, in: task.id)
    else { throw WebError.notFound }
    for isLate in [false, true] {
      // Who began since the last count is not in it.
      if isLate { await dependencies.statistics.forget(task.id) }
      let labellers = try await dependencies.statistics.of(task).labellers
      if let found = labellers.first(where: { $0.person == id }) { return found }
    }
    throw WebError.notFound
  }

  private func page(
    _ context: AppRequestContext, retracted: Int?, before cursor: AssignmentID?
  ) async throws -> Response {
    let task = try await store.task(context)
    let labeller = try await labeller(context, in: task)
    let recent = try await store.judgements(
      of: task.id, matching: JudgementFilter(labeller: labeller.person), before: cursor, limit: 20,
      for: context.visitor.id)
    let page = LabellerPage(
      labeller, recent: recent, retracted: retracted, task: task,
      head: await dependencies.head(task, .labellers, context, strings: site.strings),
      canRetract: ReviewPermission.retractWork.allows(context.visitor),
      wording: Wording(strings: site.strings, now: dependencies.now()))
    return try site.page(page, for: context, layout: LayoutOptions(current: .home))
  }

  @Sendable private func retract(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let labeller = try await labeller(context, in: task)
    let form = try await request.form()
    let count = try await store.retractWork(
      of: labeller.person, in: task.id, by: context.visitor.id,
      because: RetractionReason(chosen: form["reason"]), note: form.filled("note") ?? "")
    await dependencies.statistics.forget(task.id)
    return Reply.goTo(
      .retractedWork(task: task.slug, labeller: labeller.person.description, count: count))
  }
}

struct LabellerPage: Page {
  static let template = "pages/labeller"

  /// The form that takes back everything.
  struct Retracting: Sendable {
    let path: String
    let lead: String
    let reasons: [ReviewPage.Choice]
  }

  let title: String
  let head: TaskHead
  let name: String
  let pseudonym: String
  let retracted: String?
  let figures: [TaskPage.Figure]
  let hasJudgements: Bool
  let judgements: [JudgementsPage.Row]
  let nextPath: String?
  let retracting: Retracting?

  init(
    _ labeller: LabellerStatistics, recent: ListPage<ListedJudgement, AssignmentID>,
    retracted: Int?, task: LabelTask, head: TaskHead, canRetract: Bool,
    wording: Wording
  ) {
    let strings = wording.strings
    let id = labeller.person.description
    title = labeller.name
    self.head = head
    name = labeller.name
    pseudonym = strings("labellers", "pseudonym", ["name": labeller.pseudonym])
    self.retracted = retracted.map { strings.count("labellers", "retracted", $0) }
    let list = SitePath.listedJudgements(task: task.slug, ["labeller": id]).string
    let gone = SitePath.listedJudgements(
      task: task.slug, ["labeller": id, "retracted": "yes"]
    ).string
    figures = [
      .init(
        name: strings("labellers", "judgements"), value: labeller.judgements.formatted(),
        aside: strings.count("labellers", "ofTask", task.progress.judgements),
        href: list),
      .init(
        name: strings("labellers", "skips"), value: labeller.skips.formatted(),
        aside: strings("task", "skippedAside"), href: list),
      .init(
        name: strings("labellers", "seconds"),
        value: labeller.medianSeconds.map(wording.duration) ?? "–",
        aside: strings("labellers", "secondsAside"), href: list),
      .init(
        name: strings("labellers", "retractedHead"), value: labeller.retracted.formatted(),
        aside: strings("labellers", "retractedAside"), href: gone),
    ]
    judgements = recent.rows.map {
      JudgementsPage.Row($0, task: task, wording: wording)
    }
    hasJudgements = !judgements.isEmpty
    nextPath = recent.next.map { _ in list }
    retracting =
      canRetract && labeller.judgements > 0
      ? Retracting(
        path: SitePath.workRetraction(task: task.slug, labeller: id).string,
        lead: strings.count("labellers", "retractLead", labeller.judgements),
        reasons: RetractionReason.choices(strings)) : nil
  }
}
