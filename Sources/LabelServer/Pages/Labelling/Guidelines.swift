import Hummingbird
import LabelStore

/// A task's guidelines, to read before and while labelling.
struct Guidelines: Feature {
  let store: LabelStore
  let site: Site

  var routes: [Route] {
    [Route(.get, "/tasks/{task}/guidelines", TaskPolicy.read, handler: show)]
  }

  @Sendable private func show(_ request: Request, _ visit: Visit) async throws -> Response {
    let task = try await store.task(visit)
    let text = task.guidelines.isEmpty ? site.words("guidelines", "none") : task.guidelines
    let page = GuidelinesPage(
      title: site.words("guidelines", "title"), backPath: SitePath.home.string,
      taskTitle: task.definition.title(in: [site.words.language]),
      html: site.markdown.html(text, keepsLineBreaks: false),
      canWork: task.progress.answered > task.progress.complete,
      claimPath: SitePath.claim(task: task.slug).string)
    return try site.page(page, for: visit)
  }
}

struct GuidelinesPage: Page {
  static let template = "pages/guidelines"

  let title: String
  let backPath: String
  let taskTitle: String
  let html: String
  let canWork: Bool
  let claimPath: String
}
