import Credentials
import LabelStore

extension ServerDependencies {
  /// Whether the visitor knows their own password; also true while they have none.
  ///
  /// A session alone must not be enough for what outlives it. Throws when it was guessed too often.
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
  /// A person with a session, among those whose passwords wait to be hashed.
  var passwordClient: PasswordQueue.Client {
    .init(isKnown: true, source: "person:\(visitor.id)", account: "")
  }
}
