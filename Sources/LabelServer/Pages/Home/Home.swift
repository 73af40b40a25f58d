import Foundation
import Hummingbird
import LabelStore
import Rendering
import WebServer

/// The start page: what there is to do for this person.
struct Home: RouteGroup {
  let dependencies: ServerDependencies
  let site: Site

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      Route(.get, "/", .everyone, handler: show),
      Route(.get, "/tasks", TaskPermission.list, handler: show),
    ]
  }

  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    guard context.visitor.isSignedIn else { return Reply.goTo(.signIn) }
    let tasks = try await store.tasks()
    let followsProgress = TaskPermission.followProgress.allows(context.visitor)
    var rows: [HomePage.TaskRow] = []
    for task in tasks { rows.append(try await row(task, context, detailed: followsProgress)) }
    let canManage = TaskPermission.change.allows(context.visitor)
    let archived =
      canManage ? try await store.tasks(includingArchived: true).filter(\.isArchived) : []
    let strings = site.strings
    let today = try await store.judgementCount(
      of: context.visitor.id, since: Day(dependencies.now()).start)
    let page = HomePage(
      title: strings("home", "title"),
      heading: followsProgress
        ? strings("home", "title") : strings("home", "hello", ["name": context.visitor.name]),
      lead: followsProgress
        ? strings("home", "leadAdmin") : strings.count("home", "leadLabeller", today),
      canManage: canManage, peoplePath: SitePath.people.string,
      newTaskPath: SitePath.newTask.string, isEmpty: rows.isEmpty,
      emptyText: strings("home", canManage ? "emptyAdmin" : "emptyLabeller"),
      showsTable: followsProgress && !rows.isEmpty, showsCards: !followsProgress && !rows.isEmpty,
      tasks: rows, hasArchived: !archived.isEmpty,
      archivedLabel: strings.count("home", "archived", archived.count),
      archived: archived.map {
        HomePage.ArchivedTask(
          name: $0.definition.title(in: [strings.language]), path: SitePath.task($0.slug).string)
      })
    return try site.page(page, for: context, layout: LayoutOptions(current: .home))
  }

  private func row(
    _ task: LabelTask, _ context: AppRequestContext, detailed: Bool
  ) async throws -> HomePage.TaskRow {
    let wording = Wording(strings: site.strings, now: dependencies.now())
    let activity = try await store.activity(in: task.id)
    let mine = try await store.judgementCount(of: context.visitor.id, in: task.id)
    let statistics = detailed ? try await dependencies.statistics.of(task) : nil
    let progress = task.progress
    return HomePage.TaskRow(
      name: task.definition.title(in: [site.strings.language]), slug: task.slug,
      path: SitePath.task(task.slug).string,
      summary: site.strings(
        "home", "summary",
        [
          "judged": progress.judgements.formatted(), "wanted": progress.judgementTarget.formatted(),
          "mine": mine.formatted(),
        ]),
      percent: progress.judgementTarget == 0
        ? 0 : min(100, progress.judgements * 100 / progress.judgementTarget),
      judged: "\(progress.judgements.formatted()) / \(progress.judgementTarget.formatted())",
      judgedPath: SitePath.judgements(task: task.slug).string,
      labellers: activity.labellers.count.formatted(),
      labellersPath: SitePath.labellers(task: task.slug).string,
      agreement: statistics?.agreement.map { wording.percent($0.value) } ?? "–",
      reviewPath: SitePath.reviewQueue(task: task.slug, queue: "open", after: nil).string,
      agreementInterval: statistics?.agreement.map {
        "\(wording.percent($0.low)) – \(wording.percent($0.high))"
      },
      flaggedPath: SitePath.listedJudgements(
        task: task.slug, ["flag": JudgementFilter.anyFlag]
      ).string,
      flagged: statistics?.flaggedShare.map(wording.percent) ?? "–",
      lastActivity: wording.moment(activity.lastAt),
      claimPath: SitePath.claim(task: task.slug).string,
      guidelinesPath: SitePath.guidelines(task: task.slug).string,
      hasWork: progress.answered > progress.complete,
      action: site.strings("home", mine > 0 ? "continue" : "start"))
  }
}

struct HomePage: Page {
  static let template = "pages/home"

  struct TaskRow: Sendable {
    let name: String
    let slug: String
    let path: String
    let summary: String
    let percent: Int
    let judged: String
    let judgedPath: String
    let labellers: String
    let labellersPath: String
    let agreement: String
    let reviewPath: String
    let agreementInterval: String?
    let flaggedPath: String
    let flagged: String
    let lastActivity: String
    let claimPath: String
    let guidelinesPath: String
    let hasWork: Bool
    let action: String
  }

  struct ArchivedTask: Sendable {
    let name: String
    let path: String
  }

  let title: String
  let heading: String
  let lead: String
  let canManage: Bool
  let peoplePath: String
  let newTaskPath: String
  let isEmpty: Bool
  let emptyText: String
  let showsTable: Bool
  let showsCards: Bool
  let tasks: [TaskRow]
  let hasArchived: Bool
  let archivedLabel: String
  let archived: [ArchivedTask]
}
