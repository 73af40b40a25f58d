import Hummingbird
import Rendering

/// A language of the site as an option of a list.
package struct LanguageChoice: Sendable {
  package let value: String
  package let name: String
  package let selected: Bool
}

extension Languages {
  package func choices(current: Translations) -> [LanguageChoice] {
    offered.map {
      LanguageChoice(
        value: $0.language, name: $0("layout", "languageName"),
        selected: $0.language == current.language)
    }
  }
}

/// Remembers the language on this device, also for those who are not signed in.
package enum LanguageCookie {
  package static func carrying(_ language: String, secure: Bool) -> Cookie {
    Cookie(
      name: Languages.cookie, value: language, maxAge: 365 * 24 * 3600, path: "/",
      secure: secure, httpOnly: true, sameSite: .lax)
  }
}
