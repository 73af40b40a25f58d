import Credentials
import Foundation
import LabelStore
import WebServer

extension LabelStore {
  /// Makes a link by which a person signs in once and chooses a password.
  func invite(_ person: Person, settings: WorkspaceSettings) async throws -> String {
    let secret = Secret.random()
    try await createInvitation(
      tokenHash: secret.hash, person: person.id,
      expiresAt: Date(timeIntervalSinceNow: 7 * 24 * 3600))
    return settings.linkAddress + SitePath.invitation(token: secret.word).string
  }
}
