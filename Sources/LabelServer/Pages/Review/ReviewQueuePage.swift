import LabelStore
import Rendering
import WebServer

/// The prompts on which labellers disagree, most disputed first.
struct ReviewQueuePage: Page {
  static let template = "pages/review"

  struct Row: Sendable {
    let path: String
    let text: String
    let disagreement: String
    let percent: Int
    let judgements: String
  }

  let title: String
  let head: TaskHead
  let isDone: Bool
  let queues: [PageTab]
  let isEmpty: Bool
  let emptyTitle: String
  let emptyText: String
  let hasPrompts: Bool
  let prompts: [Row]
  let nextPath: String?

  init(
    _ items: [ReviewItem], in queue: ReviewQueue, counts: [ReviewQueue: Int], head: TaskHead,
    task: String, isDone: Bool, next: ReviewCursor?, wording: Wording
  ) {
    let strings = wording.strings
    title = strings("task", "review")
    self.head = head
    self.isDone = isDone
    queues = ReviewQueue.allCases.map { each in
      let count = counts[each] ?? 0
      return PageTab(
        name: strings("review", each.rawValue),
        href: SitePath.reviewQueue(task: task, queue: each.rawValue, after: nil).string,
        count: ReviewQueue.shown(count), current: each == queue)
    }
    isEmpty = items.isEmpty
    hasPrompts = !items.isEmpty
    emptyTitle = strings("review", "emptyTitle.\(queue.rawValue)")
    emptyText = strings("review", "emptyText.\(queue.rawValue)")
    prompts = items.map {
      Row(
        path: SitePath.review(task: task, prompt: $0.prompt.id.description).string,
        text: $0.prompt.text.shortened(to: 200), disagreement: wording.percent($0.disagreement),
        percent: Int(($0.disagreement * 100).rounded()), judgements: $0.judgements.formatted())
    }
    nextPath = next.map {
      SitePath.reviewQueue(task: task, queue: queue.rawValue, after: $0.description).string
    }
  }
}

extension ReviewQueue {
  /// A count as people read it; the store counts no further than to a thousand.
  static func shown(_ count: Int) -> String {
    count >= 1000 ? "999+" : count.formatted()
  }
}

/// One of several lists that a page shows, with how much is in it.
struct PageTab: Sendable {
  let name: String
  let href: String
  let count: String?
  let current: Bool
}
