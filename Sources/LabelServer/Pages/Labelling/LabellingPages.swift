import Foundation
import Hummingbird
import LabelStore
import Labelling
import PreferenceData
import Rendering
import WebServer

/// The labelling pages, with forms and redirects only. The page's script uses the API instead.
struct LabellingPages: RouteGroup {
  let dependencies: ServerDependencies
  let site: Site

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      Route(.post, "/tasks/{task}/assignments", AssignmentPermission.work, handler: claim),
      Route(.get, "/assignments/{id}", AssignmentPermission.work, handler: show),
      Route(.post, "/assignments/{id}/judgement", AssignmentPermission.work, handler: judge),
      Route(.post, "/assignments/{id}/skip", AssignmentPermission.work, handler: skip),
      Route(.get, "/judgements", JudgementPermission.mine, handler: past),
    ]
  }

  @Sendable private func claim(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let current = request.query("after").flatMap(AssignmentID.init)
    return try await next(in: store.task(context), after: current, context)
  }

  private func next(
    in task: LabelTask, after current: AssignmentID? = nil, _ context: AppRequestContext
  ) async throws -> Response {
    let next = try await store.nextPrompt(
      ofTask: task.slug, for: context.visitor.id, prefetchingAfter: current)
    let left: NothingLeft
    switch next {
    case .assignment(let assignment):
      return Reply.goTo(.assignment(assignment.id.description))
    case .nothing(let reason): left = reason
    }
    let page = NothingLeftPage(
      title: site.strings("nothingLeft", "title"), heading: site.strings("nothingLeft", "title"),
      message: left.message(in: site.strings, now: dependencies.now()),
      homePath: SitePath.home.string,
      claimPath: SitePath.claim(task: task.slug).string)
    return try site.page(page, for: context)
  }

  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let assignment = try await store.assignment(context.assignmentID(), of: context.visitor.id)
    switch assignment.state {
    case .leased, .returned, .expired, .submitted:
      return try await page(assignment, context)
    case .skipped, .retracted:
      return Reply.goTo(.home)
    }
  }

  @Sendable private func judge(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let assignment = try await store.assignment(context.assignmentID(), of: context.visitor.id)
    let fields = try await request.form()
    var entered: JudgementForm?
    do {
      let form = try JudgementForm(
        fields, keys: assignment.keys, questions: assignment.questions)
      entered = form
      _ = try await store.submitJudgement(form, for: assignment.id, by: context.visitor.id)
    } catch {
      guard let problem = error.formProblem else { throw error }
      var response = try await page(
        assignment, context, entered: entered, problem: problem.webError.message(in: site.strings))
      response.status = .unprocessableContent
      return response
    }
    if assignment.state == .submitted { return Reply.goTo(.pastJudgements) }
    return try await next(in: store.task(assignment.taskID), context)
  }

  @Sendable private func skip(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let assignment = try await store.assignment(context.assignmentID(), of: context.visitor.id)
    let reason = try await request.form().filled("reason") ?? "unsure"
    try await store.skipPrompt(assignment.id, of: context.visitor.id, reason: reason)
    return try await next(in: store.task(assignment.taskID), context)
  }

  private func page(
    _ assignment: Assignment, _ context: AppRequestContext, entered: JudgementForm? = nil,
    problem: String? = nil
  ) async throws -> Response {
    let task = try await store.task(assignment.taskID)
    let content = AssignmentContent(
      assignment, of: task, entered: entered, language: site.strings.language)
    let today = try await store.judgementCount(
      of: context.visitor.id, since: Day(dependencies.now()).start)
    let hasDraft = assignment.draft != nil
    let status = LabellingStatus(
      pastPath: SitePath.pastJudgements.string,
      today: site.strings.count("labelling", "today", today), state: hasDraft ? "saved" : "",
      saved: hasDraft ? site.strings("behaviour", "saved") : "")
    let layout = LayoutOptions(
      barTitle: content.taskTitle,
      barEnd: try site.files.templates.render(
        status, with: "frames/labelling-status", strings: site.strings),
      bodyClass: "labelling", showsNavigation: false, styles: ["css/labelling.css"],
      scripts: ["js/labelling.js"])
    return try site.page(
      LabellingPage(
        content, labeller: context.visitor.id.description, today: today, site: site,
        problem: problem),
      for: context, layout: layout)
  }

  @Sendable private func past(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let wording = Wording(strings: site.strings, now: dependencies.now())
    let judgements = try await store.pastJudgements(of: context.visitor.id, limit: 100)
    let tasks = try await store.tasks(includingArchived: true)
    let page = PastJudgementsPage(
      title: site.strings("past", "title"), homePath: SitePath.home.string,
      isEmpty: judgements.isEmpty, hasJudgements: !judgements.isEmpty,
      judgements: judgements.map {
        .init(
          prompt: $0.text, task: tasks.title(of: $0.taskSlug, in: site.strings),
          when: wording.moment($0.submittedAt), corrected: $0.revision > 1,
          path: SitePath.assignment($0.assignmentID.description).string)
      })
    return try site.page(page, for: context, layout: LayoutOptions(current: .pastJudgements))
  }
}

extension [LabelTask] {
  /// Returns the title of the task with a slug, or the slug if there is no such task.
  func title(of slug: String, in strings: Translations) -> String {
    first { $0.slug == slug }?.definition.title(in: [strings.language]) ?? slug
  }
}

extension NothingLeft {
  /// Returns the reason that no prompt is left and the time to come back, in words.
  func message(in strings: Translations, now: Date) -> String {
    let minutes = comeBackAt.map { max(1, Int(($0.timeIntervalSince(now) / 60).rounded(.up))) }
    return switch self {
    case .noAnswers: strings("nothingLeft", "empty")
    case .allDone: strings("nothingLeft", "done")
    case .notYours: strings("nothingLeft", "notYours")
    case .capped(let cap): strings.count("nothingLeft", "capped", cap)
    case .cappedToday(let cap, _):
      strings.count(
        "nothingLeft", "cappedToday", cap, ["hours": String(max(1, ((minutes ?? 0) + 59) / 60))])
    case .othersHold: strings("nothingLeft", "waiting", ["minutes": String(minutes ?? 1)])
    }
  }
}

struct NothingLeftPage: Page {
  static let template = "pages/nothing-left"

  let title: String
  let heading: String
  let message: String
  let homePath: String
  let claimPath: String
}

struct PastJudgementsPage: Page {
  static let template = "pages/past-judgements"

  struct Row: Sendable {
    let prompt: String
    let task: String
    let when: String
    let corrected: Bool
    let path: String
  }

  let title: String
  let homePath: String
  let isEmpty: Bool
  let hasJudgements: Bool
  let judgements: [Row]
}
