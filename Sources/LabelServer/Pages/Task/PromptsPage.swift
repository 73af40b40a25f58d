import LabelStore

/// A task's prompts in import order, or those that fit a search.
struct PromptsPage: Page {
  static let template = "pages/prompts"

  struct Row: Sendable {
    let path: String
    let text: String
    /// Where the words were found.
    let places: [String]
    let answers: Int
    let judgements: String
    let reviewPath: String
  }

  let title: String
  let head: TaskHead
  let query: String
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
    _ found: FoundPrompts, search: PromptSearch, task: LabelTask, head: TaskHead, words: Catalogue
  ) {
    title = words("task", "prompts")
    self.head = head
    query = search.text
    stateValue = search.state?.rawValue ?? ""
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
        name: words("prompts", "state.\(each?.rawValue ?? "all")"),
        href: Self.path(task.slug, each, search.text, nil).string, count: count?.formatted(),
        current: each == search.state)
    }
    prompts = found.prompts.map { found in
      let prompt = found.prompt
      let id = prompt.id.description
      return Row(
        path: SitePath.prompt(task: task.slug, id: id).string,
        text: prompt.text.shortened(to: 200),
        places: found.places.sorted().map { words("prompts", "place.\($0.rawValue)") },
        answers: prompt.responseCount, judgements: "\(prompt.judged) / \(prompt.wanted)",
        reviewPath: SitePath.review(task: task.slug, prompt: id).string)
    }
    unindexed =
      search.text.isEmpty || found.unindexed == 0
      ? nil : words.count("prompts", "unindexed", found.unindexed)
    isEmpty = prompts.isEmpty
    hasPrompts = !isEmpty
    let isUnfinished = isEmpty && found.next != nil
    let isAll = search.text.isEmpty && search.state == nil
    emptyTitle = words("prompts", isUnfinished ? "noneYet" : isAll ? "emptyTitle" : "noneTitle")
    emptyText = words(
      "prompts",
      isUnfinished
        ? "noneYetText" : isAll ? "emptyText" : search.text.isEmpty ? "noneInState" : "noneText")
    nextPath = found.next.map { Self.path(task.slug, search.state, search.text, $0).string }
    nextLabel = isUnfinished ? words("judgements", "lookFurther") : words("prompts", "more")
  }

  private static func path(
    _ task: String, _ state: PromptSearch.State?, _ query: String, _ after: PromptID?
  ) -> SitePath {
    .listedPrompts(
      task: task,
      [
        "state": state?.rawValue ?? "", "query": query, "after": after?.description ?? "",
      ])
  }
}
