import Dispatch
import Foundation

/// Hashes passwords for visitors: two at a time, each visitor in turn.
///
/// A hash takes a quarter of a second of a core on purpose. Without a queue, a flood of tries would
/// take all cores; with a queue in the order of arrival, everybody would wait behind the flood.
package actor PasswordQueue {
  /// On whose account the work is done.
  package struct Client: Sendable, Hashable {
    /// People the server knows come first: a session, a known browser, an invitation.
    let isKnown: Bool
    let source: String
    let account: String

    package init(isKnown: Bool, source: String, account: String) {
      self.isKnown = isKnown
      self.source = source
      self.account = account
    }
  }

  /// Too many passwords wait already.
  package struct Full: Error {}

  private struct Waiting {
    let number: Int
    let client: Client
    let turn: CheckedContinuation<Int, any Error>
  }

  // Serial queues have threads outside of the pool on which requests are answered.
  private static let workers = [
    DispatchQueue(label: "plumbline.password.1"), DispatchQueue(label: "plumbline.password.2"),
  ]

  private let limit: Int
  private var idle = Array(0..<workers.count)
  private var waiting: [Waiting] = []
  /// When sources, and accounts of sources, had their last turn, as long as any of theirs wait.
  private var lastTurn: [String: Int] = [:]
  private var arrivals = 0
  private var turns = 0

  package init(limit: Int = 20) {
    self.limit = limit
  }

  /// How many wait for their turn, how many workers have nothing to do, and how many ever came.
  package var waitingCount: Int { waiting.count }
  package var idleCount: Int { idle.count }
  package var arrivalCount: Int { arrivals }

  /// Whether the password is the one that the hash was made of; throws `Full`.
  package func matches(
    _ password: String, _ hash: PasswordHash, for client: Client
  ) async throws -> Bool {
    try await run(for: client) { try hash.matches(password) }
  }

  /// Returns a password as it is stored; throws `Full`.
  package func hash(
    _ password: String, salt: [UInt8], for client: Client
  ) async throws -> PasswordHash {
    try await run(for: client) { try PasswordHash.make(password, salt: salt) }
  }

  package func run<Value: Sendable>(
    for client: Client, _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    let worker = try await turn(of: client)
    defer { release(worker) }
    return try await withCheckedThrowingContinuation { continuation in
      Self.workers[worker].async { continuation.resume(with: Result(catching: work)) }
    }
  }

  private func turn(of client: Client) async throws -> Int {
    arrivals += 1
    if let worker = idle.popLast() {
      note(client)
      return worker
    }
    return try await withCheckedThrowingContinuation { turn in
      waiting.append(Waiting(number: arrivals, client: client, turn: turn))
      if waiting.count > limit { refuseOne() }
    }
  }

  private func release(_ worker: Int) {
    guard let next = waiting.indices.min(by: { isBefore(waiting[$0], waiting[$1]) }) else {
      idle.append(worker)
      lastTurn = [:]
      return
    }
    let chosen = waiting.remove(at: next)
    note(chosen.client)
    chosen.turn.resume(returning: worker)
  }

  private func isBefore(_ a: Waiting, _ b: Waiting) -> Bool {
    if a.client.isKnown != b.client.isKnown { return a.client.isKnown }
    let (turnA, turnB) = (lastTurn[a.client.source] ?? 0, lastTurn[b.client.source] ?? 0)
    if turnA != turnB { return turnA < turnB }
    let (ownA, ownB) = (lastTurn[a.client.key] ?? 0, lastTurn[b.client.key] ?? 0)
    return ownA == ownB ? a.number < b.number : ownA < ownB
  }

  private func note(_ client: Client) {
    turns += 1
    lastTurn[client.source] = turns
    lastTurn[client.key] = turns
    let still = Set(waiting.flatMap { [$0.client.source, $0.client.key] })
    lastTurn = lastTurn.filter { still.contains($0.key) || $0.value == turns }
  }

  // Who has most in the queue loses the newest of it; strangers before people who are known.
  private func refuseOne() {
    func weight(_ one: Waiting) -> (Int, Int, Int, Int) {
      (
        one.client.isKnown ? 0 : 1,
        waiting.count { $0.client.source == one.client.source },
        waiting.count { $0.client.key == one.client.key }, one.number
      )
    }
    guard let heaviest = waiting.indices.max(by: { weight(waiting[$0]) < weight(waiting[$1]) })
    else { return }
    waiting.remove(at: heaviest).turn.resume(throwing: Full())
  }
}

extension PasswordQueue.Client {
  fileprivate var key: String { "\(source) \(account)" }
}
