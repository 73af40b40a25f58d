import LabelStore
import Labelling
import Rendering
import WebServer

/// A task at a glance: numbers, then plots.
struct TaskPage: Page {
  static let template = "pages/task"

  struct Figure: Sendable {
    let name: String
    let value: String
    let aside: String
    let href: String
  }

  /// The prompts that wait in Review.
  struct Disagreements: Sendable {
    let text: String
    let href: String
  }

  let title: String
  let head: TaskHead
  let problem: String?
  let isEmpty: Bool
  let importPath: String
  let figures: [Figure]
  /// Nil when there is none, and for those who may not review.
  let disagreements: Disagreements?
  let hasCharts: Bool
  let charts: [String]
  /// The sentence that replaces the chart of flags when nobody raised one.
  let noFlags: String?
  let countedAt: String

  init(
    head: TaskHead, task: LabelTask, statistics: TaskStatistics, activity: TaskActivity,
    disagreements: Int, problem: String?, wording: Wording
  ) {
    title = head.taskTitle
    self.head = head
    self.problem = problem
    isEmpty = task.progress.prompts == 0
    importPath = head.importPath
    figures =
      TaskFigures(
        task: task, statistics: statistics, activity: activity, wording: wording
      ).all
    self.disagreements = Disagreements(disagreements, in: task.slug, strings: wording.strings)
    let drawn = TaskCharts(task: task, statistics: statistics, wording: wording)
    charts = drawn.all
    hasCharts = !charts.isEmpty
    noFlags = drawn.noFlags
    countedAt = wording.strings(
      "task", "countedAt", ["when": wording.moment(statistics.countedAt)])
  }
}

extension TaskPage.Disagreements {
  init?(_ count: Int, in task: String, strings: Translations) {
    guard count > 0 else { return nil }
    text = strings(
      "task", count == 1 ? "disagreements.one" : "disagreements.other",
      ["count": ReviewQueue.shown(count)])
    href = SitePath.reviewQueue(task: task, queue: ReviewQueue.open.rawValue, after: nil).string
  }
}
