import Foundation
import Foundations
import LabelStore
import Labelling
import Rendering
import WebServer

/// The plots of a task's page.
struct TaskCharts {
  let task: LabelTask
  let statistics: TaskStatistics
  let wording: Wording

  var all: [String] {
    [perDay, agreement, questions, flags, wins].compactMap(\.self)
  }

  private var strings: Translations { wording.strings }
  private var dataLabel: String { strings("chart", "data") }

  private var perDay: String? {
    let counts = statistics.perDay
    guard let first = counts.keys.min() else { return nil }
    let today = max(Day(statistics.countedAt), counts.keys.max() ?? first)
    // Days without a judgement have their place: a gap is part of the story.
    let start = max(min(first, today.advanced(by: -6)), today.advanced(by: -29))
    let days = Array(start...today)
    return ColumnChart(
      title: strings("task", "perDay"),
      value: strings.count("task", "perDayValue", days.reduce(0) { $0 + (counts[$1] ?? 0) }),
      columns: days.map { .init(name: wording.day($0.start), value: Double(counts[$0] ?? 0)) },
      header: [strings("chart", "day"), strings("task", "judged")], dataLabel: dataLabel
    ).svg()
  }

  private var agreement: String? {
    let periods = statistics.periods
    guard let last = periods.last else { return nil }
    return LineChart(
      title: strings("task", "agreementOverTime"),
      points: periods.map {
        .init(
          x: $0.start.timeIntervalSince1970, y: $0.agreement.value, name: wording.day($0.start),
          low: $0.agreement.low, high: $0.agreement.high)
      }, includesZero: false, range: 0...1, format: wording.percent, dataLabel: dataLabel,
      value: interval(last.agreement)
    ).svg()
  }

  /// Krippendorff's alpha of each question, where a task asks more than a ranking.
  private var questions: String? {
    let measured = statistics.quality.questions.compactMap { question in
      (question.alphaInterval ?? question.alphaOrdinal ?? question.alphaNominal)
        .map { (question: question, alpha: $0) }
    }
    guard measured.count > 1 else { return nil }
    return DotChart(
      title: strings("task", "agreementByQuestion"), value: strings("task", "alpha"), series: [],
      rows: measured.prefix(20).map { question, alpha in
        DotChart.Row(
          name: name(of: question.question),
          marks: [
            DotChart.Mark(
              value: alpha.value, low: alpha.low, high: alpha.high,
              label: Drawing.number(alpha.value), intervalLabel: interval(alpha, Drawing.number))
          ])
      }, reference: 0, format: Drawing.number, header: strings("chart", "question"),
      dataLabel: dataLabel
    ).svg()
  }

  // `helpfulness` by its title, `flags.harmful` by the flag's name.
  private func name(of measured: String) -> String {
    let parts = measured.split(separator: ".", maxSplits: 1).map(String.init)
    guard parts.count > 1 else {
      return task.definition.questions[measured].map(strings.name) ?? measured
    }
    return strings.name(of: parts[1], in: "flags")
  }

  private var policies: [PolicyQuality] { statistics.quality.policies.policies }

  private var flags: String? {
    let asked = task.definition.questions.responseFlags
    // A flag that nobody raised has no bar: only an interval from zero would be visible.
    let bars = asked.map(raisedBars(of:)).filter { !$0.isEmpty }.prefix(4).flatMap(\.self)
    guard !bars.isEmpty else { return nil }
    return BarChart(
      title: strings("task", "flagsByPolicy"), value: "", bars: bars,
      // Rare flags must not look common: the scale is at least a quarter wide.
      limit: 0.25,
      header: [
        strings("chart", "policy"), strings("chart", "share"), strings("chart", "interval"),
      ],
      dataLabel: dataLabel
    ).svg()
  }

  /// The sentence that no flag was raised, if flags are asked for and someone judged.
  var noFlags: String? {
    let judgements = statistics.perDay.values.reduce(0, +)
    guard !task.definition.questions.responseFlags.isEmpty, judgements > 0,
      statistics.flaggedAnswers == 0
    else { return nil }
    return strings.count("task", "noFlags", judgements)
  }

  /// A bar for each policy on whose answers the flag was raised.
  private func raisedBars(of flag: String) -> [BarChart.Bar] {
    let name = strings.name(of: flag, in: "flags")
    let raised = policies.compactMap { policy in
      policy.flags[flag].flatMap { $0.value > 0 ? (policy: policy.name, share: $0) : nil }
    }
    return raised.prefix(6).enumerated().map { index, found in
      BarChart.Bar(
        name: found.policy, value: found.share.value, low: found.share.low,
        high: found.share.high, label: wording.percent(found.share.value),
        group: index == 0 ? name : nil,
        href: SitePath.listedJudgements(
          task: task.slug, ["flag": flag, "source": found.policy]
        ).string, intervalLabel: interval(found.share))
    }
  }

  private var wins: String? {
    let compared = policies.filter { $0.winRate != nil }
    guard compared.count > 1 else { return nil }
    let isControlled = compared.contains { $0.controlledWinRate != nil }
    func mark(_ estimate: Estimate?) -> DotChart.Mark? {
      estimate.map {
        DotChart.Mark(
          value: $0.value, low: $0.low, high: $0.high, label: wording.percent($0.value),
          intervalLabel: interval($0))
      }
    }
    return DotChart(
      title: strings("task", "winRates"), value: strings("task", "winRatesValue"),
      series: [strings("chart", "plain")] + (isControlled ? [strings("chart", "sameLength")] : []),
      rows: compared.prefix(12).map { policy in
        DotChart.Row(
          name: policy.name,
          marks: [mark(policy.winRate)] + (isControlled ? [mark(policy.controlledWinRate)] : []))
      }, reference: 0.5, format: wording.percent, header: strings("chart", "policy"),
      dataLabel: dataLabel
    ).svg()
  }

  private func interval(_ estimate: Estimate, _ format: ((Double) -> String)? = nil) -> String {
    let format = format ?? wording.percent
    return "\(format(estimate.low)) – \(format(estimate.high))"
  }
}
