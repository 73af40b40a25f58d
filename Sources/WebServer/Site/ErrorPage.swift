import Hummingbird
import Rendering

/// The page of an error.
struct ErrorPage: Page {
  static let template = "pages/error"

  let title: String
  let status: Int
  let heading: String
  let message: String
  let homePath: String
  let requestId: String

  init(_ error: WebError, strings: Translations, _ context: AppRequestContext) {
    status = error.status.code
    let named = "title\(error.status.code)"
    let known = strings.sections["error"]?[named] != nil
    heading = strings("error", known ? named : "titleOther")
    title = heading
    message = error.message(in: strings)
    homePath = SitePath.home.string
    requestId = context.requestId
  }
}
