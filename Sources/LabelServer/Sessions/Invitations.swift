import Credentials
import Foundation
import Hummingbird
import LabelStore
import Labelling
import WebServer

/// One-time links. Whoever opens one chooses a password and is signed in.
struct Invitations: RouteGroup {
  let dependencies: ServerDependencies
  let site: Site

  var routes: [Route] {
    [
      Route(.get, "/invitations/{token}", .everyone) { _, context in
        let secret = Secret(word: try context.parameter("token"))
        let person = try await dependencies.store.invitee(tokenHash: secret.hash)
        return try page(person, secret, context, problem: nil)
      },
      Route(.post, "/invitations/{token}", .everyone, handler: redeem),
    ]
  }

  @Sendable private func redeem(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let secret = Secret(word: try context.parameter("token"))
    let form = try await request.form(limit: 16 * 1024)
    let password = form["password"]
    let invitee = try await dependencies.store.invitee(tokenHash: secret.hash)
    let name = invitee.hasPassword ? invitee.name : form.filled("name") ?? invitee.name
    if let problem = try await problem(with: name, of: invitee, password) {
      var response = try page(invitee, secret, context, entered: name, problem: problem)
      response.status = .unprocessableContent
      return response
    }
    let hash = try await hash(password, secret)
    let person = try await dependencies.store.redeemInvitation(tokenHash: secret.hash)
    try await dependencies.store.setPasswordHash(hash.encoded, of: person.id)
    if name != person.name {
      try await dependencies.store.rename(person.id, to: name, by: person.id)
    }
    return try await dependencies.signIn(person, from: request, to: .home)
  }

  // A link sets one password, so parallel requests for the same link wait.
  private func hash(_ password: String, _ secret: Secret) async throws -> PasswordHash {
    let applicant = SignInThrottle.Applicant(
      account: "invitation:\(secret.hash)", address: "", knownBrowser: "the link")
    if let seconds = await dependencies.signInThrottle.admit(applicant, now: dependencies.now()) {
      throw WebError.throttled(seconds: seconds)
    }
    do {
      return try await dependencies.passwords.hash(
        password, salt: dependencies.randomBytes(16),
        for: .init(isKnown: true, source: applicant.account, account: ""))
    } catch {
      await dependencies.signInThrottle.withdraw(applicant, now: dependencies.now())
      throw error
    }
  }

  private func problem(
    with name: String, of person: Person, _ password: String
  ) async throws -> String? {
    if name != person.name {
      do {
        _ = try PersonName(name)
      } catch {
        return error.message(in: site.strings)
      }
    }
    if let other = try await dependencies.store.person(named: name), other.id != person.id {
      return site.strings("people", "nameTaken")
    }
    return PasswordRule.problem(with: password, strings: site.strings)
  }

  private func page(
    _ person: Person, _ secret: Secret, _ context: AppRequestContext, entered: String? = nil,
    problem: String?
  ) throws -> Response {
    let heading = person.hasPassword ? "resetHeading" : "heading"
    return try site.page(
      InvitationPage(
        title: site.strings("invitation", "title"),
        heading: site.strings("invitation", heading, ["name": person.name]),
        lead: site.strings("invitation", "lead"),
        action: SitePath.invitation(token: secret.word).string,
        choosesName: !person.hasPassword, name: entered ?? person.name,
        problem: problem), for: context, layout: LayoutOptions(showsNavigation: false))
  }
}

struct InvitationPage: Page {
  static let template = "pages/invitation"

  let title: String
  let heading: String
  let lead: String
  let action: String
  /// Whether the page asks for a name: the first time, but not for a reset.
  let choosesName: Bool
  let name: String
  let problem: String?
}
