import Synchronization

/// Caches the people of recent credentials, so that not every request reads the store.
///
/// A write other than a labeller's own clears it. A write of another process clears it as soon as
/// the writer notices. An entry expires after `lifetime` at the latest.
final class SessionCache: Sendable {
  enum Credential: Hashable {
    case session(String), token(String)
  }

  private struct Entry {
    let person: Person
    let expiresAt: Int64
    let rememberedUntil: ContinuousClock.Instant
  }

  private struct State {
    var entries: [Credential: Entry] = [:]
    var generation = 0
  }

  static let lifetime = Duration.milliseconds(250)
  private static let limit = 10_000

  private let state = Mutex(State())

  func forget() {
    state.withLock { state in
      state.generation += 1
      state.entries.removeAll(keepingCapacity: true)
    }
  }

  /// Returns the person a credential belongs to. `load` reads the person and the expiry from the
  /// store.
  func person(
    _ credential: Credential, at now: Int64,
    load: () async throws -> (person: Person, expiresAt: Int64)?
  ) async throws -> Person? {
    let instant = ContinuousClock.now
    let (known, generation) = state.withLock { ($0.entries[credential], $0.generation) }
    if let known, known.expiresAt > now, known.rememberedUntil > instant { return known.person }
    guard let found = try await load() else { return nil }
    state.withLock { state in
      // A write during the read may have made the result outdated.
      guard state.generation == generation else { return }
      if state.entries.count >= Self.limit { state.entries.removeAll() }
      state.entries[credential] = Entry(
        person: found.person, expiresAt: found.expiresAt,
        rememberedUntil: instant + Self.lifetime)
    }
    return found.person
  }
}
