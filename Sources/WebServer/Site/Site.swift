import Foundation
import Hummingbird
import Rendering

/// A page as its template sees it. The renderer reads stored properties by reflection.
package protocol Page: Sendable {
  static var template: String { get }
  var title: String { get }
}

/// Called with each page and the name of its template before it is rendered.
package typealias TemplateObserver = @Sendable (_ page: Any, _ template: String) -> Void

/// Renders pages in their layout and language.
package struct Site: Sendable {
  private let source: SiteSource
  package let languages: Languages
  package let markdown = Markdown()
  private let observer: TemplateObserver?

  package init(
    files: SiteFiles, language: String = "en", observer: TemplateObserver? = nil
  ) throws {
    source = SiteSource(files)
    self.observer = observer
    guard let strings = files.translations[language] ?? files.translations["en"] else {
      throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: "Templates/Strings/en.json"])
    }
    languages = Languages(translations: files.translations, fallback: strings)
  }

  package var files: SiteFiles { source.files }

  /// The texts in the visitor's language.
  package var strings: Translations { Translations.spoken ?? languages.fallback }

  package func page<P: Page>(
    _ page: P, for context: AppRequestContext, layout: LayoutOptions = .init()
  )
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
package struct LayoutOptions: Sendable {
  package var current: SitePath?
  package var barTitle: String?
  package var barEnd: String
  package var bodyClass: String
  package var showsNavigation: Bool
  package var styles: [String]
  package var scripts: [String]

  package init(
    current: SitePath? = nil, barTitle: String? = nil, barEnd: String = "", bodyClass: String = "",
    showsNavigation: Bool = true, styles: [String] = ["css/pages.css"],
    scripts: [String] = [Self.pageScript]
  ) {
    self.current = current
    self.barTitle = barTitle
    self.barEnd = barEnd
    self.bodyClass = bodyClass
    self.showsNavigation = showsNavigation
    self.styles = styles
    self.scripts = scripts
  }

  /// The script of every page but the labelling page.
  package static let pageScript = "js/page.js"
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
