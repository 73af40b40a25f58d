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
  let charts: [String]

  init(
    head: TaskHead, task: LabelTask, statistics: TaskStatistics, labellers: [LabellerStatistics],
    wording: Wording
  ) {
    title = head.taskTitle
    self.head = head
    isEmpty = task.progress.prompts == 0
    importPath = head.importPath
    figures =
      TaskFigures(
        task: task, statistics: statistics, labellers: labellers, wording: wording
      ).all
    charts = TaskCharts(task: task, statistics: statistics, wording: wording).all
  }
}

/// The numbers on top of a task's page.
struct TaskFigures {
  let task: LabelTask
  let statistics: TaskStatistics
  let labellers: [LabellerStatistics]
  let wording: Wording

  var all: [TaskPage.Figure] {
    let words = wording.words
    let progress = task.progress
    let judgements = SitePath.judgements(task: task.slug)
    let people = SitePath.labellers(task: task.slug)
    let agreement = statistics.agreement
    return [
      figure(
        "prompts", progress.prompts.formatted(), .prompts(task: task.slug),
        words("task", "promptsAside", ["done": progress.complete.formatted()])),
      figure(
        "judged", progress.judgements.formatted(), judgements,
        words("task", "judgedAside", ["wanted": progress.wanted.formatted()])),
      figure(
        "agreement", agreement.map { wording.percent($0.value) } ?? "–", people,
        agreement.map {
          words(
            "task", "agreementAside",
            ["low": wording.percent($0.low), "high": wording.percent($0.high)])
        } ?? words("task", "agreementNone")),
      figure(
        "flagged", statistics.flaggedShare.map(wording.percent) ?? "–", judgements,
        words("task", "flaggedAside")),
      figure(
        "active", labellers.count(where: \.isActive).formatted(), people,
        words("task", "activeAside", ["count": labellers.count.formatted()])),
      figure(
        "skipped", labellers.reduce(0) { $0 + $1.skips }.formatted(), people,
        words("task", "skippedAside")),
    ]
  }

  private func figure(
    _ name: String, _ value: String, _ path: SitePath, _ aside: String
  ) -> TaskPage.Figure {
    .init(name: wording.words("task", name), value: value, aside: aside, href: path.string)
  }
}

/// The plots of a task's page.
struct TaskCharts {
  let task: LabelTask
  let statistics: TaskStatistics
  let wording: Wording

  var all: [String] {
    [perDay, perPrompt, flags, wins].compactMap(\.self)
  }

  private var words: Catalogue { wording.words }
  private var dataLabel: String { words("chart", "data") }

  private var perDay: String? {
    guard !statistics.perDay.isEmpty else { return nil }
    return BarChart(
      title: words("task", "perDay"), value: "",
      bars: statistics.perDay.suffix(7).map {
        .init(name: $0.day, value: Double($0.count), label: $0.count.formatted())
      }, limit: nil, dataLabel: dataLabel
    ).svg()
  }

  private var perPrompt: String? {
    guard task.progress.prompts > 0 else { return nil }
    let judged = statistics.judgementsPerPrompt
    let untouched = task.progress.prompts - judged.values.reduce(0, +)
    let most = max(task.definition.overlap, judged.keys.max() ?? 0)
    return BarChart(
      title: words("task", "promptsState"), value: "",
      bars: (0...min(most, 9)).map { count in
        let prompts = count == 0 ? max(0, untouched) : judged[count] ?? 0
        return .init(
          name: words.count("task", "times", count), value: Double(prompts),
          label: prompts.formatted())
      }, limit: nil, dataLabel: dataLabel
    ).svg()
  }

  private var flags: String? {
    let asked = task.definition.questions.flags?.values ?? []
    guard !asked.isEmpty, statistics.answers > 0 else { return nil }
    let names = words.sections["flags"] ?? [:]
    let several = statistics.sources.count > 1
    let bars = asked.prefix(4).flatMap { flag in
      statistics.sources.prefix(4).map { source in
        share(
          several ? "\(names[flag] ?? flag) · \(source.name)" : names[flag] ?? flag,
          source.flags[flag] ?? 0, of: source.answers)
      }
    }
    return BarChart(
      title: words("task", "flagsByPolicy"), value: "", bars: bars, limit: 0.5,
      dataLabel: dataLabel
    ).svg()
  }

  private var wins: String? {
    let compared = statistics.sources.filter { $0.won + $0.lost > 0 }
    guard compared.count > 1 else { return nil }
    return BarChart(
      title: words("task", "winRates"), value: "",
      bars: compared.map { share($0.name, $0.won, of: $0.won + $0.lost) }, limit: 1,
      dataLabel: dataLabel
    ).svg()
  }

  private func share(_ name: String, _ count: Int, of total: Int) -> BarChart.Bar {
    let estimate = Estimate.share(count, of: total)
    return .init(
      name: name, value: estimate?.value ?? 0, low: estimate?.low, high: estimate?.high,
      label: estimate.map { wording.percent($0.value) } ?? "–")
  }
}
