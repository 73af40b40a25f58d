import Foundation
import Hummingbird
import LabelStore

/// One-time links: whoever holds one chooses a password and is signed in.
struct Invitations: Feature {
  let dependencies: ServerDependencies
  let site: Site

  var routes: [Route] {
    [
      Route(.get, "/invitations/{token}", .everyone) { _, visit in
        let secret = Secret(word: try visit.parameter("token"))
        let person = try await dependencies.store.invitee(tokenHash: secret.hash)
        return try page(person, secret, visit, problem: nil)
      },
      Route(.post, "/invitations/{token}", .everyone, handler: redeem),
    ]
  }

  @Sendable private func redeem(_ request: Request, _ visit: Visit) async throws -> Response {
    let secret = Secret(word: try visit.parameter("token"))
    let password = try await request.form(limit: 16 * 1024)["password"]
    let invitee = try await dependencies.store.invitee(tokenHash: secret.hash)
    if let problem = problem(with: password) {
      var response = try page(invitee, secret, visit, problem: problem)
      response.status = .unprocessableContent
      return response
    }
    let hash = try await PasswordHash.make(password, salt: dependencies.randomBytes(16))
    let person = try await dependencies.store.redeemInvitation(tokenHash: secret.hash)
    try await dependencies.store.setPasswordHash(hash.encoded, of: person.id)
    return try await dependencies.signIn(Visitor(person, proof: .cookie), from: request, to: .home)
  }

  private func problem(with password: String) -> String? {
    if password.count < 10 {
      return site.words("invitation", "tooShort", ["count": String(password.count)])
    }
    return password.count > 200 ? site.words("invitation", "tooLong") : nil
  }

  private func page(
    _ person: Person, _ secret: Secret, _ visit: Visit, problem: String?
  ) throws -> Response {
    let heading = person.hasPassword ? "resetHeading" : "heading"
    return try site.page(
      InvitationPage(
        title: site.words("invitation", "title"),
        heading: site.words("invitation", heading, ["name": person.name]),
        lead: site.words("invitation", "lead"),
        action: SitePath.invitation(token: secret.word).string, name: person.name,
        problem: problem), for: visit, frame: FrameChoice(showsNavigation: false))
  }
}

struct InvitationPage: Page {
  static let template = "pages/invitation"

  let title: String
  let heading: String
  let lead: String
  let action: String
  let name: String
  let problem: String?
}
