import Synchronization

/// Remembers whose credentials came with recent requests, so that not each asks the store.
///
/// Every write that is not a labeller's own work makes it forget, and so does another process's as
/// soon as the writer meets it; at the latest it asks again after `lifetime`.
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

  /// Returns whose credential this is; `load` asks the store for the person and the expiry.
  func person(
    _ credential: Credential, at now: Int64,
    load: () async throws -> (person: Person, expiresAt: Int64)?
  ) async throws -> Person? {
    let instant = ContinuousClock.now
    let (known, generation) = state.withLock { ($0.entries[credential], $0.generation) }
    if let known, known.expiresAt > now, known.rememberedUntil > instant { return known.person }
    guard let found = try await load() else { return nil }
    state.withLock { state in
      // Someone wrote while the store was asked: what it said may be out of date already.
      guard state.generation == generation else { return }
      if state.entries.count >= Self.limit { state.entries.removeAll() }
      state.entries[credential] = Entry(
        person: found.person, expiresAt: found.expiresAt,
        rememberedUntil: instant + Self.lifetime)
    }
    return found.person
  }
}
