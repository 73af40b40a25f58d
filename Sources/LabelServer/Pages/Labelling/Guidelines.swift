import Hummingbird
import LabelStore
import WebServer

/// A task's guidelines, to read before and while labelling.
struct Guidelines: RouteGroup {
  let store: LabelStore
  let site: Site

  var routes: [Route] {
    [Route(.get, "/tasks/{task}/guidelines", TaskPermission.read, handler: show)]
  }

  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let task = try await store.task(context)
    let guidelines = task.guidelines(in: site.strings.language)
    let text = guidelines.isEmpty ? site.strings("guidelines", "none") : guidelines
    let page = GuidelinesPage(
      title: site.strings("guidelines", "title"), backPath: SitePath.home.string,
      taskTitle: task.definition.title(in: [site.strings.language]),
      html: site.markdown.html(text, keepsLineBreaks: false),
      canWork: task.progress.answered > task.progress.complete,
      claimPath: SitePath.claim(task: task.slug).string)
    return try site.page(page, for: context)
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
