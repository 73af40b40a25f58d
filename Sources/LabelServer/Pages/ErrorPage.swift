import Hummingbird
import Rendering

/// What went wrong, in the site's own style.
struct ErrorPage: Page {
  static let template = "pages/error"

  let title: String
  let status: Int
  let heading: String
  let message: String
  let homePath: String
  let requestId: String

  init(_ error: WebError, words: Catalogue, _ visit: Visit) {
    status = error.status.code
    let named = "title\(error.status.code)"
    let known = words.sections["error"]?[named] != nil
    heading = words("error", known ? named : "titleOther")
    title = heading
    message = error.message(in: words)
    homePath = SitePath.home.string
    requestId = visit.requestId
  }
}
