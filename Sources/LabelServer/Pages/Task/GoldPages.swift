import Foundation
import Hummingbird
import LabelStore
import Labelling
import PreferenceData
import Rendering
import WebServer

/// Prompts with a known judgement, and how well each labeller meets it.
struct GoldPages: RouteGroup {
  let dependencies: ServerDependencies
  let site: Site

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      Route(.get, "/tasks/{task}/gold", GoldPermission.read) { _, context in try await page(context)
      },
      Route(.post, "/tasks/{task}/prompts/{prompt}/gold", GoldPermission.change, handler: mark),
      Route(
        .post, "/tasks/{task}/prompts/{prompt}/gold/removal", GoldPermission.change
      ) { _, context in
        let task = try await store.task(context)
        let detail = try await store.prompt(
          context.promptID(), of: task.id, for: context.visitor.id)
        try await store.unmarkGold(detail.prompt.id, by: context.visitor.id)
        return Reply.goTo(.changedGold(prompt: detail.prompt.id.description, task: task.slug))
      },
    ]
  }

  private func page(_ context: AppRequestContext) async throws -> Response {
    let task = try await store.task(context)
    let golds = try await store.golds(of: task.id, for: context.visitor.id)
    let page = GoldPage(
      golds, statistics: try await dependencies.statistics.of(task), task: task,
      head: await dependencies.head(task, .gold, context, strings: site.strings),
      wording: Wording(strings: site.strings, now: dependencies.now()))
    return try site.page(page, for: context, layout: LayoutOptions(current: .home))
  }

  @Sendable private func mark(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let detail = try await store.prompt(context.promptID(), of: task.id, for: context.visitor.id)
    let form = try await request.form()
    let ids = detail.responses.map(\.id)
    let entered = try JudgementForm(
      form, keys: BlindOrder.keys(count: ids.count), questions: Questions([.ranking()]))
    try await store.markGold(
      detail.prompt.id, judgement: entered.judgement(shown: ids), by: context.visitor.id)
    return Reply.goTo(.changedGold(prompt: detail.prompt.id.description, task: task.slug))
  }
}

struct GoldPage: Page {
  static let template = "pages/gold"

  struct Row: Sendable {
    let path: String
    let text: String
    let groups: [AnswerNames.Group]
    let judged: String
  }

  struct Labeller: Sendable {
    let name: String
    let path: String
    let accuracy: String
    let interval: String
    let percent: Int
    let pairs: String
  }

  let title: String
  let head: TaskHead
  let rate: String
  let settingsPath: String
  let promptsPath: String
  let isEmpty: Bool
  let hasPrompts: Bool
  let prompts: [Row]
  let hasLabellers: Bool
  let labellers: [Labeller]
  let countedAt: String

  init(
    _ golds: [GoldPrompt], statistics: TaskStatistics, task: LabelTask, head: TaskHead,
    wording: Wording
  ) {
    let strings = wording.strings
    title = strings("task", "gold")
    self.head = head
    rate = wording.goldRate(of: task)
    settingsPath = SitePath.taskSettings(task: task.slug).string
    promptsPath = SitePath.prompts(task: task.slug).string
    isEmpty = golds.isEmpty
    hasPrompts = !isEmpty
    prompts = golds.map { gold in
      let id = gold.prompt.id.description
      return Row(
        path: SitePath.prompt(task: task.slug, id: id).string,
        text: gold.prompt.text.shortened(to: 200),
        groups: AnswerNames(numbers: gold.responses).groups(gold.judgement.ranking),
        judged: gold.prompt.judged.formatted())
    }
    labellers = statistics.labellers.compactMap { labeller in
      statistics.gold[labeller.person].map { accuracy in
        Labeller(
          name: labeller.name,
          path: SitePath.labeller(task: task.slug, id: labeller.person.description).string,
          accuracy: wording.percent(accuracy.value),
          interval: "\(wording.percent(accuracy.low)) – \(wording.percent(accuracy.high))",
          percent: Int((accuracy.value * 100).rounded()), pairs: accuracy.count.formatted())
      }
    }
    hasLabellers = !labellers.isEmpty
    countedAt = strings("task", "countedAt", ["when": wording.moment(statistics.countedAt)])
  }
}

extension Wording {
  /// How many gold prompts are mixed in.
  func goldRate(of task: LabelTask) -> String {
    task.definition.goldRate.map { strings("gold", "rate", ["share": percent($0)]) }
      ?? strings("gold", "noRate")
  }
}
