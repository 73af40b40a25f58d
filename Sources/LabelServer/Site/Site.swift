import Foundation
import Hummingbird
import Rendering

/// A page as its template sees it. The renderer reads stored properties by reflection.
protocol Page: Sendable {
  static var template: String { get }
  var title: String { get }
}

/// Renders pages in their layout and language.
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
    guard let strings = files.translations[language] ?? files.translations["en"] else {
      throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: "Templates/Strings/en.json"])
    }
    languages = Languages(translations: files.translations, fallback: strings)
  }

  /// The texts in the visitor's language.
  package var strings: Translations { Translations.spoken ?? languages.fallback }

  func page<P: Page>(_ page: P, for context: AppRequestContext, layout: LayoutOptions = .init())
    throws -> Response
  {
    observer?(page, P.template)
    let content = try files.templates.render(page, with: P.template, strings: strings)
    let layout = LayoutPage(
      title: page.title, content: content, visitor: context.visitor, layout: layout, site: self)
    return Reply.html(
      try files.templates.render(layout, with: "layout", strings: strings),
      packed: context.acceptsGzip)
  }
}

/// The choices of a page for its layout.
struct LayoutOptions: Sendable {
  var current: SitePath?
  var barTitle: String?
  var barEnd = ""
  var bodyClass = ""
  var showsNavigation = true
  var styles = ["css/pages.css"]
  var scripts = [Self.pageScript]

  /// The script of every page but the labelling page.
  static let pageScript = "js/page.js"
}

/// The content of `layout.mustache`, around every page.
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
  let modules: [String]
  let hasNavigation: Bool
  let navigation: [Link]
  let person: Account?
  let content: String

  init(
    title: String, content: String, visitor: Visitor, layout: LayoutOptions, site: Site
  ) {
    let strings = site.strings
    self.title = title
    self.content = content
    language = strings.language
    direction = strings("layout", "direction")
    assets = site.files.assetRoot
    home = SitePath.home.string
    signOut = SitePath.signOut.string
    account = SitePath.account.string
    katex =
      site.files.path("vendor/katex/katex.min.js") == nil
      ? nil : "\(site.files.assetRoot)/vendor/katex"
    highlight = site.files.path("vendor/highlight/highlight.min.js")
    bodyClass = layout.bodyClass
    barTitle = layout.barTitle
    barEnd = layout.barEnd
    styles = (["css/plumbline.css"] + layout.styles).compactMap(site.files.path)
    scripts = layout.scripts.compactMap(site.files.path)
    modules = Set(layout.scripts.flatMap(site.files.modules)).sorted()
    let links = Self.links(for: visitor, strings: strings)
    hasNavigation = layout.showsNavigation && !links.isEmpty
    navigation = links.map { path, name in
      Link(name: name, href: path.string, current: path == layout.current)
    }
    person =
      visitor.isSignedIn
      ? Account(
        name: visitor.name, role: strings("roles", visitor.role.rawValue))
      : nil
  }

  private static func links(for visitor: Visitor, strings: Translations) -> [(SitePath, String)] {
    guard visitor.isSignedIn else { return [] }
    var links: [(SitePath, String)] = [
      (.home, strings("layout", "tasks")), (.pastJudgements, strings("layout", "pastJudgements")),
    ]
    if RunPermission.follow.allows(visitor) {
      links += [(.runs, strings("layout", "runs")), (.models, strings("layout", "models"))]
    }
    if PeoplePermission.manage.allows(visitor) {
      links.append((.people, strings("layout", "people")))
    }
    if WorkspacePermission.audit.allows(visitor) {
      links.append((.audit([:]), strings("layout", "audit")))
    }
    if WorkspacePermission.backUp.allows(visitor) {
      links.append((.backups, strings("layout", "backups")))
    }
    return links
  }
}
