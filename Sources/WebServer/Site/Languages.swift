import Hummingbird
import Rendering

/// The languages of the site, and the choice for a visitor.
package struct Languages: Sendable {
  package let translations: [String: Translations]
  package let fallback: Translations
  /// The offered languages by tag, in lower case.
  private let byTag: [String: Translations]

  package init(translations: [String: Translations], fallback: Translations) {
    self.translations = translations
    self.fallback = fallback
    byTag = Dictionary(
      translations.values.filter(\.isOffered).map { ($0.language.lowercased(), $0) },
      uniquingKeysWith: { first, _ in first })
  }

  package static let cookie = "plumbline_language"

  /// The languages to choose from. Those made for tests must be requested by name.
  package var offered: [Translations] {
    translations.values.filter(\.isOffered).sorted { $0.language < $1.language }
  }

  package func offers(_ language: String) -> Bool {
    translations[language] != nil
  }

  /// Returns the chosen language, else the best match of the browser's, else the site's.
  package func translations(for request: Request) -> Translations {
    if let chosen = request.cookies[Self.cookie].flatMap({ translations[$0.value] }) {
      return chosen
    }
    return request.headers[.acceptLanguage].flatMap(best(for:)) ?? fallback
  }

  // RFC 9110, 12.5.4, matched as in RFC 4647, 3.4: a range falls back to its first parts. Chinese
  // without script or region means simplified Chinese.
  package func best(for header: String) -> Translations? {
    let wishes = header.split(separator: ",").compactMap { part -> (tag: String, weight: Double)? in
      let pieces = part.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
      guard let tag = pieces.first?.lowercased(), !tag.isEmpty else { return nil }
      let weight = pieces.dropFirst().first { $0.hasPrefix("q=") }
      return (tag, weight.flatMap { Double($0.dropFirst(2)) } ?? 1)
    }
    let ranked = wishes.enumerated().filter { $0.element.weight > 0 }
      .sorted { ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset) }
    for wish in ranked {
      var tag = Self.aliases[wish.element.tag] ?? wish.element.tag
      while true {
        if let found = byTag[tag] { return found }
        guard let cut = tag.lastIndex(of: "-") else { break }
        tag = String(tag[..<cut])
      }
    }
    return nil
  }

  private static let aliases = ["zh": "zh-hans", "zh-cn": "zh-hans", "zh-sg": "zh-hans"]
}

extension Translations {
  /// Whether people can choose this language; those made for tests are not offered.
  fileprivate var isOffered: Bool { !language.contains("-X") }
}

/// Sets the visitor's language, and how the visitor wants to read texts, for the rest of the request.
package struct ChooseLanguage: RouterMiddleware {
  package typealias Context = AppRequestContext

  package let languages: Languages

  package func handle(
    _ request: Request, context: AppRequestContext,
    next: (Request, AppRequestContext) async throws -> Response
  ) async throws -> Response {
    if request.uri.path.hasPrefix("/assets/") { return try await next(request, context) }
    return try await Translations.$spoken.withValue(languages.translations(for: request)) {
      try await Markdown.$showsSource.withValue(request.query("written") != nil) {
        try await next(request, context)
      }
    }
  }
}
