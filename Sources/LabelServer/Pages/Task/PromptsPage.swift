import LabelStore
import Rendering
import WebServer

/// A task's prompts in import order, or those that fit a search.
struct PromptsPage: Page {
  static let template = "pages/prompts"

  struct Row: Sendable {
    let path: String
    let text: String
    /// The places in which the search found the words.
    let places: [String]
    let answers: Int
    let judgements: String
    let reviewPath: String
  }

  /// A property that prompts are filtered by.
  struct Filter: Sendable {
    let field: String
    let label: String
    let choices: [ReviewPage.Choice]
  }

  let title: String
  let head: TaskHead
  let query: String
  let filters: [Filter]
  let isFiltered: Bool
  let allPath: String
  let stateValue: String
  let states: [PageTab]
  let unindexed: String?
  let isEmpty: Bool
  let hasPrompts: Bool
  let emptyTitle: String
  let emptyText: String
  let prompts: [Row]
  let nextPath: String?
  let nextLabel: String

  init(
    _ found: FoundPrompts, search: PromptSearch, task: LabelTask, statistics: TaskStatistics,
    kinds: PromptFilter, head: TaskHead, strings: Translations
  ) {
    title = strings("task", "prompts")
    self.head = head
    query = search.text
    stateValue = search.state?.rawValue ?? ""
    let fields = search.fields
    filters = Filter.all(
      fields, task: task, statistics: statistics, kinds: kinds, strings: strings)
    isFiltered = filters.contains { !(fields[$0.field] ?? "").isEmpty }
    allPath =
      SitePath.listedPrompts(
        task: task.slug, ["state": stateValue, "query": search.text]
      ).string
    let progress = task.progress
    states = ([nil] + PromptSearch.State.allCases.map(Optional.some)).map { each in
      let count: Int? =
        switch each {
        case nil: progress.prompts
        case .complete: progress.complete
        case .unanswered: progress.prompts - progress.answered
        default: nil
        }
      return PageTab(
        name: strings("prompts", "state.\(each?.rawValue ?? "all")"),
        href: SitePath.listedPrompts(
          task: task.slug, fields.merging(["state": each?.rawValue ?? ""]) { $1 }
        ).string, count: count?.formatted(),
        current: each == search.state)
    }
    prompts = found.prompts.map { found in
      let prompt = found.prompt
      let id = prompt.id.description
      return Row(
        path: SitePath.prompt(task: task.slug, id: id).string,
        text: prompt.text.shortened(to: 200),
        places: found.places.sorted().map { strings("prompts", "place.\($0.rawValue)") },
        answers: prompt.responseCount, judgements: "\(prompt.judged) / \(prompt.judgementTarget)",
        reviewPath: SitePath.review(task: task.slug, prompt: id).string)
    }
    unindexed =
      search.text.isEmpty || found.unindexed == 0
      ? nil : strings.count("prompts", "unindexed", found.unindexed)
    isEmpty = prompts.isEmpty
    hasPrompts = !isEmpty
    let isUnfinished = isEmpty && found.next != nil
    let isAll = search == PromptSearch()
    emptyTitle = strings("prompts", isUnfinished ? "noneYet" : isAll ? "emptyTitle" : "noneTitle")
    emptyText = strings(
      "prompts",
      isUnfinished
        ? "noneYetText"
        : isAll
          ? "emptyText"
          : isFiltered ? "noneFits" : search.text.isEmpty ? "noneInState" : "noneText")
    nextPath = found.next.map { next in
      SitePath.listedPrompts(
        task: task.slug, fields.merging(["after": next.description]) { $1 }
      ).string
    }
    nextLabel = isUnfinished ? strings("judgements", "lookFurther") : strings("prompts", "more")
  }
}

extension PromptsPage.Filter {
  /// The filters that some prompt of the task could meet.
  static func all(
    _ chosen: [String: String], task: LabelTask, statistics: TaskStatistics, kinds: PromptFilter,
    strings: Translations
  ) -> [PromptsPage.Filter] {
    let flagNames = strings.sections["flags"] ?? [:]
    let questions = task.definition.questions
    let flags = questions.flags
    let values: [(field: String, label: String, values: [(String, String)])] = [
      ("language", strings("prompts", "language"), (kinds.languages ?? []).map { ($0, $0) }),
      ("tag", strings("prompts", "tag"), (kinds.tags ?? []).map { ($0, $0) }),
      (
        "source", strings("prompts", "source"),
        statistics.quality.policies.policies.map { ($0.name, $0.name) }
      ),
      ("flag", strings("judgements", "flags"), flags.map { ($0, flagNames[$0] ?? $0) }),
      (
        "labeller", strings("judgements", "labeller"),
        statistics.labellers.map { ($0.person.description, $0.name) }
      ),
    ]
    return values.filter { !$0.values.isEmpty }.map { field, label, values in
      let value = chosen[field] ?? ""
      let any = ReviewPage.Choice(
        value: "", name: strings("judgements", "any"), selected: value.isEmpty)
      return .init(
        field: field, label: label,
        choices: [any] + values.map { .init(value: $0, name: $1, selected: $0 == value) })
    }
  }
}

extension PromptSearch {
  /// The search as the fields of an address.
  var fields: [String: String] {
    [
      "query": text, "state": state?.rawValue ?? "", "language": language ?? "",
      "tag": tag ?? "", "source": source ?? "", "flag": flag ?? "",
      "labeller": labeller?.description ?? "",
    ]
  }
}
