import LabelStore
import Labelling
import PreferenceData
import Rendering
import WebServer

/// A task's judgements, latest first, or those that fit a filter.
struct JudgementsPage: Page {
  static let template = "pages/judgements"

  struct Row: Sendable {
    let prompt: String
    let path: String
    let labeller: String
    let labellerPath: String
    let isExternal: Bool
    let groups: [AnswerNames.Group]
    let flags: [String]
    let rationale: AnswerNames.Said?
    let when: String
    let retracted: String?
  }

  typealias Choice = ReviewPage.Choice

  let title: String
  let head: TaskHead
  let action: String
  let labellers: [Choice]
  let flags: [Choice]
  let sources: [Choice]
  let states: [Choice]
  let isFiltered: Bool
  let allPath: String
  let isEmpty: Bool
  let emptyTitle: String
  let emptyText: String
  let hasJudgements: Bool
  let judgements: [Row]
  let nextPath: String?
  let nextLabel: String

  init(
    _ listed: ListPage<ListedJudgement, AssignmentID>, filter: JudgementFilter, task: LabelTask,
    statistics: TaskStatistics, head: TaskHead, wording: Wording
  ) {
    let strings = wording.strings
    title = strings("task", "judgements")
    self.head = head
    action = SitePath.judgements(task: task.slug).string
    let any = Choice(value: "", name: strings("judgements", "any"), selected: false)
    labellers =
      [any]
      + statistics.labellers.map {
        Choice(
          value: $0.person.description, name: $0.name, selected: $0.person == filter.labeller)
      }
    let flagNames = strings.sections["flags"] ?? [:]
    flags =
      [
        any,
        Choice(
          value: JudgementFilter.anyFlag, name: strings("judgements", "anyFlag"),
          selected: filter.flag == JudgementFilter.anyFlag),
      ]
      + task.definition.questions.responseFlags.map {
        Choice(value: $0, name: flagNames[$0] ?? $0, selected: $0 == filter.flag)
      }
    sources =
      [any]
      + statistics.quality.policies.policies.map {
        Choice(value: $0.name, name: $0.name, selected: $0.name == filter.source)
      }
    states = [
      Choice(value: "", name: strings("judgements", "standing"), selected: !filter.isRetracted),
      Choice(value: "yes", name: strings("judgements", "retracted"), selected: filter.isRetracted),
    ]
    isFiltered = filter != JudgementFilter()
    allPath = action
    judgements = listed.rows.map { Row($0, task: task, wording: wording) }
    isEmpty = judgements.isEmpty
    hasJudgements = !isEmpty
    let isUnfinished = isEmpty && listed.next != nil
    emptyTitle = strings(
      "judgements", isUnfinished ? "noneYet" : isFiltered ? "noneTitle" : "emptyTitle")
    emptyText = strings(
      "judgements", isUnfinished ? "noneYetText" : isFiltered ? "noneText" : "emptyText")
    nextPath = listed.next.map {
      SitePath.listedJudgements(task: task.slug, filter.fields(before: $0)).string
    }
    nextLabel = strings("judgements", isUnfinished ? "lookFurther" : "more")
  }
}

extension JudgementFilter {
  /// The filter as the fields of an address.
  func fields(before cursor: AssignmentID? = nil) -> [String: String] {
    [
      "labeller": labeller?.description ?? "", "flag": flag ?? "", "source": source ?? "",
      "retracted": isRetracted ? "yes" : "", "before": cursor?.description ?? "",
    ]
  }
}

extension JudgementsPage.Row {
  init(_ listed: ListedJudgement, task: LabelTask, wording: Wording) {
    let strings = wording.strings
    let detail = listed.detail
    let names = AnswerNames(numbers: listed.responses)
    let flagNames = strings.sections["flags"] ?? [:]
    prompt = listed.text.shortened(to: 200)
    path = SitePath.review(task: task.slug, prompt: listed.promptID.description).string
    labeller = detail.labellerName
    labellerPath = SitePath.labeller(task: task.slug, id: detail.labellerID.description).string
    isExternal = detail.isExternal
    groups = names.groups(detail.judgement.ranking)
    flags = listed.responses.flatMap { response in
      detail.judgement.flagNames(of: ResponseID(rawValue: response.id)).map {
        "\(names[response.id] ?? "?") \(flagNames[$0] ?? $0)"
      }
    }
    rationale = detail.judgement.rationale.map { names.said($0, shown: detail.shown) }
    when = wording.moment(detail.createdAt)
    retracted = detail.retraction.map { strings("retraction", $0.reason.rawValue) }
  }
}
