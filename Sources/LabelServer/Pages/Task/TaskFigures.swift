import Foundation
import LabelStore
import Rendering
import WebServer

/// The numbers on top of a task's page; each leads to the rows behind it.
struct TaskFigures {
  let task: LabelTask
  let statistics: TaskStatistics
  let activity: TaskActivity
  let wording: Wording

  private var strings: Translations { wording.strings }

  var all: [TaskPage.Figure] {
    let progress = task.progress
    let slug = task.slug
    let rate = rate
    let agreement = statistics.agreement
    return [
      figure(
        "judged", progress.judgements.formatted(), .judgements(task: slug),
        strings("task", "judgedAside", ["wanted": progress.judgementTarget.formatted()])),
      figure(
        "rate", rate.map(Drawing.number) ?? "–", .judgements(task: slug),
        strings("task", "rateAside")),
      figure(
        "timeLeft", timeLeft(rate), .listedPrompts(task: slug, ["state": "open"]),
        isDone
          ? strings.count("task", "timeLeftDone", progress.complete)
          : strings("task", "timeLeftAside", ["done": progress.complete.formatted()])),
      figure(
        "agreement", agreement.map { wording.percent($0.value) } ?? "–",
        .reviewQueue(task: slug, queue: "open", after: nil),
        agreement.map {
          strings(
            "task", "agreementAside",
            ["low": wording.percent($0.low), "high": wording.percent($0.high)])
        } ?? strings("task", "agreementNone")),
      figure(
        "active", activity.labellers.count.formatted(), .labellers(task: slug),
        strings.count("task", "activeAside", statistics.labellers.count)),
      figure(
        "flagged", statistics.flaggedShare.map(wording.percent) ?? "–",
        .listedJudgements(task: slug, ["flag": JudgementFilter.anyFlag]),
        strings("task", "flaggedAside")),
    ]
  }

  /// Judgements per day over the last seven, or since the first when that is less long ago.
  private var rate: Double? {
    guard let first = statistics.perDay.keys.min() else { return nil }
    let today = Day(statistics.countedAt)
    let start = max(first, today.advanced(by: -6))
    let count = statistics.perDay.reduce(0) { $0 + ($1.key >= start ? $1.value : 0) }
    return count == 0 ? nil : Double(count) / Double(start.distance(to: today) + 1)
  }

  private var left: Int { task.progress.judgementTarget - task.progress.judgements }
  private var isDone: Bool { left <= 0 }

  private func timeLeft(_ rate: Double?) -> String {
    guard !isDone else { return strings("task", "timeLeftNone") }
    guard let rate else { return "–" }
    let days = Double(left) / rate
    return days < 1
      ? strings("task", "timeLeftToday")
      : strings.count("task", "timeLeftDays", Int(days.rounded(.up)))
  }

  private func figure(
    _ name: String, _ value: String, _ path: SitePath, _ aside: String
  ) -> TaskPage.Figure {
    .init(name: strings("task", name), value: value, aside: aside, href: path.string)
  }
}
