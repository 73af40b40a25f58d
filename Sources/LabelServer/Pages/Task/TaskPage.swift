import LabelStore
import Labelling

/// A task at a glance: numbers, then plots.
struct TaskPage: Page {
  static let template = "pages/task"

  struct Figure: Sendable {
    let name: String
    let value: String
    let aside: String
    let href: String
  }

  let title: String
  let head: TaskHead
  let isEmpty: Bool
  let importPath: String
  let figures: [Figure]
  let hasCharts: Bool
  let charts: [String]
  let countedAt: String

  init(
    head: TaskHead, task: LabelTask, statistics: TaskStatistics, activity: TaskActivity,
    wording: Wording
  ) {
    title = head.taskTitle
    self.head = head
    isEmpty = task.progress.prompts == 0
    importPath = head.importPath
    figures =
      TaskFigures(
        task: task, statistics: statistics, activity: activity, wording: wording
      ).all
    charts = TaskCharts(task: task, statistics: statistics, wording: wording).all
    hasCharts = !charts.isEmpty
    countedAt = wording.words(
      "task", "countedAt", ["when": wording.moment(statistics.countedAt)])
  }
}
