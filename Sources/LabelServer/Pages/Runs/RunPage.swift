import Foundation
import Jobs
import PreferenceData
import Rendering
import WebServer

/// The page of a run, from top to bottom: stages, results, curves, lineage, the command.
struct RunPage: Page {
  static let template = "pages/run"

  struct Stage: Sendable {
    let id: String
    let name: String
    let state: String
    let stateValue: String
    let progress: Int?
  }

  struct Figure: Sendable {
    let name: String
    let value: String
    let aside: String
  }

  struct Fact: Sendable {
    let name: String
    let value: String
  }

  /// A held-out prompt with an answer of each policy, as text.
  struct Sample: Sendable {
    let prompt: String
    let before: String
    let beforeScore: String
    let after: String
    let afterScore: String
  }

  let title: String
  let heading: String
  let runsPath: String
  let eventsPath: String
  let live: Bool
  let state: String
  let stateClass: String
  let when: String
  let canCancel: Bool
  let cancelPath: String
  let problem: String?
  let stages: [Stage]
  let hasFigures: Bool
  let figures: [Figure]
  let hasCharts: Bool
  let charts: [String]
  let hasSamples: Bool
  let samples: [Sample]
  let hasFacts: Bool
  let facts: [Fact]
  let command: String

  init(_ run: RetrainingRun, metrics: [JSONValue], wording: Wording, canCancel: Bool) {
    let strings = wording.strings
    title = run.id
    heading = run.id
    runsPath = SitePath.runs.string
    eventsPath = SitePath.runEventsAPI(run.id).string
    live = run.state.isLive
    state = strings("run", run.state.rawValue)
    stateClass = run.state.tagClass
    let end = run.endedAt ?? wording.now
    when = [
      strings("run", "heading", ["task": run.task, "method": run.method.uppercased()]),
      wording.exact(run.startedAt), wording.duration(max(0, end.timeIntervalSince(run.startedAt))),
    ].joined(separator: " · ")
    self.canCancel = canCancel
    cancelPath = SitePath.runCancellation(run.id).string
    problem = run.problem
    stages = run.stages.map { Stage($0, strings: strings) }
    let results = RunResults(report: run.report, method: run.method, wording: wording)
    figures = results.figures
    hasFigures = !figures.isEmpty
    samples = results.samples
    hasSamples = !samples.isEmpty
    charts = RunCurves(metrics: metrics, method: run.method, strings: strings).charts
    hasCharts = !charts.isEmpty
    facts = Self.facts(run, wording)
    hasFacts = !facts.isEmpty
    command = run.command
  }

  private static func facts(_ run: RetrainingRun, _ wording: Wording) -> [Fact] {
    let report = run.report
    let dataset = report?["dataset"]
    let counts = dataset?["counts"]
    func side(_ name: String) -> String? {
      guard let side = counts?[name], let prompts = side["prompts"]?.intValue,
        let comparisons = side["comparisons"]?.intValue
      else { return nil }
      return wording.strings(
        "run", "side",
        ["prompts": prompts.formatted(), "comparisons": comparisons.formatted()])
    }
    let known: [(String, String?)] = [
      ("madeModel", run.model), ("train", side("train")), ("validation", side("validation")),
      ("sha", dataset?["sha256"]?.stringValue),
    ]
    return known.compactMap { name, value in
      value.map { Fact(name: wording.strings("run", name), value: $0) }
    }
  }
}

extension RunPage.Stage {
  init(_ stage: RetrainingRun.Stage, strings: Translations) {
    let known = strings.sections["run"]?["stage.\(stage.name)"]
    id = stage.name
    name = known ?? stage.name
    stateValue = stage.state.rawValue
    if stage.state == .running, let step = stage.step, let total = stage.of, total > 0 {
      state = strings("run", "step", ["step": step.formatted(), "of": total.formatted()])
      progress = min(100, max(0, Int(nearest: Double(step) / Double(total) * 100)))
    } else {
      state = strings("run", stage.state.rawValue)
      progress = nil
    }
  }
}

/// The numbers a run ends with: what the reward model knows, what the policy became.
struct RunResults {
  let report: JSONValue?
  let method: String
  let wording: Wording

  private var stages: JSONValue? { report?["stages"] ?? report }
  private var policy: JSONValue? { metrics(stages?[method] ?? stages?["policy"]) }

  var samples: [RunPage.Sample] {
    (policy?["samples"]?.arrayValue ?? []).compactMap { sample in
      guard let prompt = sample["prompt"]?.stringValue,
        let before = sample["before"]?["text"]?.stringValue,
        let after = sample["after"]?["text"]?.stringValue
      else { return nil }
      func score(_ side: String) -> String {
        sample[side]?["score"]?.doubleValue.map(Drawing.number) ?? "?"
      }
      return RunPage.Sample(
        prompt: prompt, before: before, beforeScore: score("before"), after: after,
        afterScore: score("after"))
    }
  }

  var figures: [RunPage.Figure] {
    let reward = metrics(stages?["reward"])
    let before = policy?["before"]
    let after = policy?["after"]
    return [
      reward?["accuracy"]?.doubleValue.map { accuracy in
        figure(
          "accuracy", wording.percent(accuracy), "accuracyAside",
          [
            "low": reward?["accuracyLow"]?.doubleValue.map(wording.percent) ?? "?",
            "high": reward?["accuracyHigh"]?.doubleValue.map(wording.percent) ?? "?",
          ])
      },
      reward?["comparisons"]?.intValue.map {
        figure(
          "comparisons", $0.formatted(), "promptsAside",
          [
            "count": reward?["prompts"]?.intValue.map { $0.formatted() } ?? "?"
          ])
      },
      change("reward", "rewardAside", "reward", before, after),
      after?["kl"]?.doubleValue.map {
        figure("kl", Drawing.number($0), "klAside", [:])
      },
      change("length", "lengthAside", "length", before, after),
      heldOut("pairAccuracy", "Accuracy") { wording.percent($0) },
      heldOut("heldOutLoss", "Loss", Drawing.number),
    ].compactMap(\.self)
  }

  /// A number that a method on fixed data measures: `validationLossBefore`, `validationLossAfter`.
  private func heldOut(
    _ name: String, _ key: String, _ text: (Double) -> String
  ) -> RunPage.Figure? {
    guard let after = policy?["validation\(key)After"]?.doubleValue else { return nil }
    let before = policy?["validation\(key)Before"]?.doubleValue.map(text) ?? "?"
    return figure(name, text(after), "rewardAside", ["before": before])
  }

  private func metrics(_ stage: JSONValue?) -> JSONValue? { stage?["metrics"] ?? stage }

  private func change(
    _ name: String, _ aside: String, _ key: String, _ before: JSONValue?, _ after: JSONValue?
  ) -> RunPage.Figure? {
    guard let value = after?[key]?.doubleValue else { return nil }
    let earlier = before?[key]?.doubleValue.map(Drawing.number) ?? "?"
    return figure(name, Drawing.number(value), aside, ["before": earlier])
  }

  private func figure(
    _ name: String, _ value: String, _ aside: String, _ values: [String: String]
  ) -> RunPage.Figure {
    .init(
      name: wording.strings("run", name), value: value, aside: wording.strings("run", aside, values)
    )
  }
}

/// The curves of a run, drawn from its metrics, most telling first.
struct RunCurves {
  let metrics: [JSONValue]
  let method: String
  let strings: Translations

  /// The metrics by which each stage is watched.
  private var telling: [(stage: String, keys: [String])] {
    let policy =
      RetrainingMethod(rawValue: method)?.samples == false
      ? ["loss", "accuracy", "margin"] : ["reward", "kl", "length", "entropy"]
    let earlier = ["reward", "sft"].filter { $0 != method }
    return [(method, policy)] + earlier.map { ($0, ["loss"]) }
  }

  var charts: [String] {
    telling.flatMap { stage, keys in keys.compactMap { chart(stage, $0) } }
  }

  private func chart(_ stage: String, _ key: String) -> String? {
    let points = metrics.compactMap { line -> LineChart.Point? in
      guard line["stage"]?.stringValue == stage, let step = line["step"]?.intValue,
        let value = line[key]?.doubleValue, value.isFinite
      else { return nil }
      return LineChart.Point(
        x: Double(step), y: value, name: strings("run", "stepName", ["step": step.formatted()]))
    }
    guard points.count > 1 else { return nil }
    let known = strings.sections["run"] ?? [:]
    let title = [
      known["stage.\(stage)"] ?? stage, known["metric.\(key)"] ?? key,
    ].joined(separator: ": ")
    return LineChart(
      title: title, points: points, includesZero: key == "kl" || key == "length",
      dataLabel: strings("chart", "data")
    ).svg()
  }
}
