import LabelStore
import Rendering
import WebServer

/// The page of a person's own account.
struct AccountPage: Page {
  static let template = "pages/account"

  struct SessionRow: Sendable {
    let agent: String
    let since: String
    let isThis: Bool
    let path: String
  }

  struct TokenRow: Sendable {
    let name: String
    let since: String
    let path: String
  }

  let title: String
  let notice: String?
  let problem: String?
  let name: String
  let role: String
  let namePath: String
  let languagePath: String
  let languages: [LanguageChoice]
  let passwordPath: String
  let asksOldPassword: Bool
  let tokensPath: String
  let token: String?
  let hasTokens: Bool
  let tokens: [TokenRow]
  let sessions: [SessionRow]

  init(
    _ person: Person, sessions: [Session], tokens: [APIToken], context: AppRequestContext,
    site: Site,
    wording: Wording, notice: String?, problem: String?, token: String?
  ) {
    let strings = site.strings
    title = strings("account", "title")
    self.notice = notice
    self.problem = problem
    name = person.name
    role = strings("roles", person.role.rawValue)
    namePath = SitePath.accountName.string
    languagePath = SitePath.language.string
    languages = site.languages.choices(current: strings)
    passwordPath = SitePath.accountPassword.string
    asksOldPassword = person.hasPassword
    tokensPath = SitePath.accountTokens.string
    self.token = token
    hasTokens = !tokens.isEmpty
    self.tokens = tokens.map {
      TokenRow(
        name: $0.name, since: wording.exact($0.createdAt), path: SitePath.accountToken($0.id).string
      )
    }
    self.sessions = sessions.map {
      SessionRow(
        agent: UserAgent($0.agent).name ?? strings("account", "unknownDevice"),
        since: wording.exact($0.createdAt), isThis: $0.tokenHash == context.sessionHash,
        path: SitePath.accountSession($0.id).string)
    }
  }
}

/// A browser's long signature, in two words.
struct UserAgent {
  let name: String?

  init(_ signature: String) {
    // Those that imitate others come before the imitated.
    let browsers = [
      ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
      ("CriOS/", "Chrome"), ("Safari/", "Safari"),
    ]
    let systems = [
      ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
      ("Mac OS X", "macOS"), ("Linux", "Linux"),
    ]
    let found = [browsers, systems].compactMap { known in
      known.first { signature.contains($0.0) }?.1
    }
    name = found.isEmpty ? nil : found.joined(separator: ", ")
  }
}
