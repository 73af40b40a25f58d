import Foundation
import Hummingbird
import Rendering

/// What a template shows. Stored properties only: the renderer reads them by reflection.
protocol Page: Sendable {
  static var template: String { get }
  var title: String { get }
}

/// Sees each page with the name of its template before it is rendered.
package typealias TemplateObserver = @Sendable (_ page: Any, _ template: String) -> Void

/// Puts pages together: content, frame, words.
package struct Site: Sendable {
  package let files: SiteFiles
  package let languages: Languages
  package let markdown = Markdown()
  private let observer: TemplateObserver?

  package init(
    files: SiteFiles, language: String = "en", observer: TemplateObserver? = nil
  ) throws {
    self.files = files
    self.observer = observer
    guard let words = files.catalogues[language] ?? files.catalogues["en"] else {
      throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: "Templates/Words/en.json"])
    }
    languages = Languages(catalogues: files.catalogues, fallback: words)
  }

  /// The words of the language that the visitor reads.
  package var words: Catalogue { Catalogue.spoken ?? languages.fallback }

  func page<P: Page>(_ page: P, for visit: Visit, frame: FrameChoice = .init()) throws -> Response {
    observer?(page, P.template)
    let content = try files.templates.render(page, with: P.template, words: words)
    let layout = LayoutPage(
      title: page.title, content: content, visitor: visit.visitor, frame: frame, site: self)
    return Reply.html(
      try files.templates.render(layout, with: "layout", words: words),
      packed: visit.acceptsGzip)
  }
}

/// How a page wants to be framed.
struct FrameChoice: Sendable {
  var current: SitePath?
  var barTitle: String?
  var barEnd = ""
  var bodyClass = ""
  var showsNavigation = true
  var styles = ["css/pages.css"]
  var scripts = [Self.pageScript]

  /// What every page but the labelling page runs.
  static let pageScript = "js/page.js"
}

/// What `layout.mustache` shows around every page.
struct LayoutPage: Sendable {
  struct Link: Sendable {
    let name: String
    let href: String
    let current: Bool
  }

  struct Account: Sendable {
    let name: String
    let role: String
  }

  let title: String
  let language: String
  let direction: String
  let assets: String
  let home: String
  let signOut: String
  let account: String
  let katex: String?
  let highlight: String?
  let bodyClass: String
  let barTitle: String?
  let barEnd: String
  let styles: [String]
  let scripts: [String]
  let hasNavigation: Bool
  let navigation: [Link]
  let person: Account?
  let content: String

  init(
    title: String, content: String, visitor: Visitor, frame: FrameChoice, site: Site
  ) {
    let words = site.words
    self.title = title
    self.content = content
    language = words.language
    direction = words("layout", "direction")
    assets = site.files.assetRoot
    home = SitePath.home.string
    signOut = SitePath.signOut.string
    account = SitePath.account.string
    katex =
      site.files.path("vendor/katex/katex.min.js") == nil
      ? nil : "\(site.files.assetRoot)/vendor/katex"
    highlight = site.files.path("vendor/highlight/highlight.min.js")
    bodyClass = frame.bodyClass
    barTitle = frame.barTitle
    barEnd = frame.barEnd
    styles = (["css/plumbline.css"] + frame.styles).compactMap(site.files.path)
    scripts = frame.scripts.compactMap(site.files.path)
    let links = Self.links(for: visitor, words: words)
    hasNavigation = frame.showsNavigation && !links.isEmpty
    navigation = links.map { path, name in
      Link(name: name, href: path.string, current: path == frame.current)
    }
    person =
      visitor.isSignedIn
      ? Account(
        name: visitor.name, role: words("roles", visitor.standing.rawValue))
      : nil
  }

  private static func links(for visitor: Visitor, words: Catalogue) -> [(SitePath, String)] {
    guard visitor.isSignedIn else { return [] }
    var links: [(SitePath, String)] = [
      (.home, words("layout", "tasks")), (.pastJudgements, words("layout", "pastJudgements")),
    ]
    if RunPolicy.follow.allows(visitor) {
      links += [(.runs, words("layout", "runs")), (.models, words("layout", "models"))]
    }
    if PeoplePolicy.manage.allows(visitor) { links.append((.people, words("layout", "people"))) }
    if WorkspacePolicy.audit.allows(visitor) {
      links.append((.audit([:]), words("layout", "audit")))
    }
    if WorkspacePolicy.backUp.allows(visitor) {
      links.append((.backups, words("layout", "backups")))
    }
    return links
  }
}
