import Jobs
import LabelStore
import Rendering
import WebServer

/// The head of every page of a task.
struct TaskHead: Sendable {
  struct Tab: Sendable {
    let name: String
    let href: String
    let current: Bool
  }

  /// A method of training in the form that starts a run.
  struct Choice: Sendable {
    let value: String
    let name: String
  }

  enum Section: String, CaseIterable {
    case overview, prompts, judgements, labellers, review, gold, exports, settings, webhooks
  }

  /// The action that helps the task most.
  enum NextStep {
    case importing, sampling, labelling, learning

    init(after progress: TaskProgress) {
      self =
        progress.prompts == 0
        ? .importing
        : progress.answered == 0
          ? .sampling : !progress.hasJudgements ? .labelling : .learning
    }
  }

  let taskTitle: String
  let homePath: String
  let claimPath: String
  let importPath: String
  let samplingPath: String
  let retrainPath: String
  let exportsPath: String
  let methods: [Choice]
  /// Why no run can be started here.
  let retrainObstacle: String?
  let isArchived: Bool
  let canManage: Bool
  let suggestsImporting: Bool
  let suggestsSampling: Bool
  let suggestsLabelling: Bool
  let suggestsRetraining: Bool
  let suggestsExporting: Bool
  let tabs: [Tab]

  init(
    _ task: LabelTask, _ section: Section?, _ context: AppRequestContext,
    obstacle: RetrainingObstacle?,
    strings: Translations
  ) {
    taskTitle = task.definition.title(in: [strings.language])
    homePath = SitePath.home.string
    claimPath = SitePath.claim(task: task.slug).string
    importPath = SitePath.importing(task: task.slug).string
    samplingPath = SitePath.sampling(task: task.slug).string
    retrainPath = SitePath.retraining(task: task.slug).string
    exportsPath = SitePath.exports(task: task.slug).string
    methods = RetrainingMethod.names.map {
      Choice(value: $0, name: strings("task", "method.\($0)"))
    }
    retrainObstacle = obstacle.map { strings("task", "retrain.\($0.rawValue)") }
    isArchived = task.isArchived
    canManage = TaskPermission.change.allows(context.visitor)
    let next = NextStep(after: task.progress)
    // An overview without prompts offers the import itself, below.
    suggestsImporting = next == .importing && section != .overview
    suggestsSampling = next == .sampling
    suggestsLabelling = next == .labelling
    suggestsRetraining = next == .learning && obstacle == nil
    suggestsExporting = next == .learning && obstacle != nil && section != .exports
    let sections: [(Section, SitePath, Permission)] = [
      (.overview, .task(task.slug), TaskPermission.followProgress),
      (.prompts, .prompts(task: task.slug), PromptPermission.list),
      (.judgements, .judgements(task: task.slug), JudgementPermission.everyones),
      (.labellers, .labellers(task: task.slug), PeoplePermission.compare),
      (
        .review, .reviewQueue(task: task.slug, queue: ReviewQueue.open.rawValue, after: nil),
        ReviewPermission.read
      ),
      (.gold, .gold(task: task.slug), GoldPermission.read),
      (.exports, .exports(task: task.slug), ExportPermission.make),
      (.settings, .taskSettings(task: task.slug), TaskPermission.change),
      (.webhooks, .webhooks(task: task.slug), WebhookPermission.manage),
    ]
    tabs = sections.filter { $0.2.allows(context.visitor) }.map {
      Tab(
        name: strings("task", $0.0.rawValue), href: $0.1.string, current: $0.0 == section)
    }
  }
}

extension ServerDependencies {
  /// Returns the head of a page of the task; those who may start runs also see what prevents one.
  func head(
    _ task: LabelTask, _ section: TaskHead.Section?, _ context: AppRequestContext,
    strings: Translations
  ) async -> TaskHead {
    let asks = RunPermission.control.allows(context.visitor)
    return TaskHead(
      task, section, context, obstacle: asks ? await obstacle(to: task.slug) : nil, strings: strings
    )
  }

  /// Returns why no run of a task can be started; nil if one can.
  func obstacle(to task: String) async -> RetrainingObstacle? {
    guard let supervisor else { return .noEngine }
    return await supervisor.obstacle(to: task)
  }
}
