import Foundation
import Foundations
import LabelStore
import Labelling
import Rendering
import WebServer

/// The labellers of a task, and how much they labelled.
struct LabellersPage: Page {
  static let template = "pages/labellers"

  struct Row: Sendable {
    let name: String
    let path: String
    let pseudonym: String
    let isActive: Bool
    let isExternal: Bool
    let judgements: String
    let judgementsPath: String
    let skips: String
    let seconds: String
    let lastActivity: String
    let retracted: String?
    let retractedPath: String
    let measured: [Measured]
    /// Why this labeller seems to work without reading; empty when nothing speaks for it.
    let suspicions: [String]
  }

  struct Measured: Sendable {
    let value: String
    let interval: String?
  }

  struct Column: Sendable {
    let name: String
    let meaning: String
  }

  let title: String
  let head: TaskHead
  let peoplePath: String
  let isEmpty: Bool
  let hasLabellers: Bool
  /// The measures that are known for at least one labeller.
  let measures: [Column]
  let labellers: [Row]
  let countedAt: String

  init(
    _ statistics: TaskStatistics, active: TaskActivity, task: LabelTask, head: TaskHead,
    wording: Wording
  ) {
    let strings = wording.strings
    title = strings("task", "labellers")
    self.head = head
    peoplePath = SitePath.people.string
    isEmpty = statistics.labellers.isEmpty
    hasLabellers = !isEmpty
    let quality = Dictionary(
      statistics.quality.labellers.map { ($0.labeller, $0) }, uniquingKeysWith: { $1 })
    let known = LabellerMeasure.allCases.filter { measure in
      quality.values.contains { measure.estimate(of: $0) != nil }
    }
    measures = known.map {
      Column(
        name: strings("labellers", "measure.\($0.rawValue)"),
        meaning: strings("labellers", "meaning.\($0.rawValue)"))
    }
    labellers = statistics.labellers.map { labeller in
      let id = labeller.person.description
      let found = quality[labeller.pseudonym]
      return Row(
        name: labeller.name, path: SitePath.labeller(task: task.slug, id: id).string,
        pseudonym: labeller.pseudonym, isActive: active.labellers.contains(labeller.person),
        isExternal: labeller.isExternal,
        judgements: labeller.judgements.formatted(),
        judgementsPath: SitePath.listedJudgements(task: task.slug, ["labeller": id]).string,
        skips: labeller.skips.formatted(),
        seconds: labeller.medianSeconds.map(wording.duration) ?? "–",
        lastActivity: wording.moment(labeller.lastActiveAt),
        retracted: labeller.retracted == 0 ? nil : labeller.retracted.formatted(),
        retractedPath: SitePath.listedJudgements(
          task: task.slug, ["labeller": id, "retracted": "yes"]
        ).string,
        measured: known.map { Measured(found.flatMap($0.estimate), wording: wording) },
        suspicions: (found?.spam.reasons ?? []).map {
          strings("labellers", "suspicion.\($0.rawValue)")
        })
    }
    countedAt = strings("task", "countedAt", ["when": wording.moment(statistics.countedAt)])
  }
}

/// A measure of a labeller's work, the most informative first.
enum LabellerMeasure: String, CaseIterable {
  case agreement, reliability, gold, hurried, position

  func estimate(of labeller: LabellerQuality) -> Estimate? {
    switch self {
    case .agreement: labeller.agreement
    case .reliability: labeller.reliability
    case .gold: labeller.gold
    case .hurried: labeller.speed.hurried
    case .position: labeller.positionBias
    }
  }
}

extension LabellersPage.Measured {
  init(_ estimate: Estimate?, wording: Wording) {
    value = estimate.map { wording.percent($0.value) } ?? "–"
    interval = estimate.map { "\(wording.percent($0.low)) – \(wording.percent($0.high))" }
  }
}
