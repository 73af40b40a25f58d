import Credentials
import LabelStore
import WebServer

extension ServerDependencies {
  /// Returns whether a password is the visitor's; true when they have none.
  ///
  /// Changes that outlive the session need more than the session. Throws after too many wrong guesses.
  func confirms(_ password: String, _ context: AppRequestContext) async throws -> Bool {
    guard let stored = try await store.passwordHash(of: context.visitor.id) else { return true }
    if password.isEmpty { return false }
    let applicant = SignInThrottle.Applicant(
      account: "person:\(context.visitor.id)", address: context.address, knownBrowser: "a session")
    if let seconds = await signInThrottle.admit(applicant, now: now()) {
      throw WebError.throttled(seconds: seconds)
    }
    do {
      let matches = try await passwords.matches(
        String(password.prefix(400)), PasswordHash(encoded: stored),
        for: context.passwordClient)
      if matches { await signInThrottle.succeeded(applicant, now: now()) }
      return matches
    } catch {
      await signInThrottle.withdraw(applicant, now: now())
      throw error
    }
  }
}

extension AppRequestContext {
  /// The place of a signed-in person in the queue of passwords to hash.
  var passwordClient: PasswordQueue.Client {
    .init(isKnown: true, source: "person:\(visitor.id)", account: "")
  }
}
