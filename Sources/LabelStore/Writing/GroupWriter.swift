import Foundation
import GRDB
import Synchronization

/// Commits the transactions of many requests together, with one disk sync for all of them.
///
/// A failed write does not affect the others. No write is acknowledged before the commit of its
/// group is synced. While one group is synced, the next one is written and a third one gathers, so
/// a lone request does not wait and many requests share the cost of a sync.
///
/// Nearly all failing writes fail before they change data. A group therefore first runs without
/// savepoints, which would cost a copy of every page per request. If a write fails after changing
/// data, the group rolls back and runs again with one savepoint per write.
final class GroupWriter: Sendable {
  /// The most writes in a group; more would make the first wait long for the last.
  static let largestGroup = 128

  /// The number of writes from which a small group waits for more, because a commit costs the same
  /// for one write and for many.
  static let crowd = 16
  private static let gatheringMicroseconds: UInt32 = 1_000

  private struct State {
    var waiting: [any WaitingWrite] = []
    var isRunning = false
    var lastGroupCount = 0
    var lastGroupEnd = ContinuousClock.now

    var isStillGathering: Bool {
      lastGroupCount >= GroupWriter.crowd && waiting.count < lastGroupCount / 2
        && ContinuousClock.now - lastGroupEnd < .milliseconds(20)
    }
  }

  private let pool: DatabasePool
  private let syncer: WALSyncer
  private let cache: WriterCache
  private let state = Mutex(State())

  init(pool: DatabasePool, syncer: WALSyncer, sessions: SessionCache) {
    self.pool = pool
    self.syncer = syncer
    cache = WriterCache(sessions: sessions)
  }

  /// Clears the cache, after other code wrote to the store.
  func forget() {
    cache.isStale.store(true, ordering: .releasing)
  }

  /// Runs `body` in the next group and returns its value when the group is synced.
  ///
  /// A task that is cancelled before its turn throws `CancellationError` and writes nothing.
  func run<Value: Sendable>(
    _ body: @escaping @Sendable (Database, WriterCache) throws -> Value
  ) async throws -> Value {
    let cancellation = Cancellation()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        enqueue(
          GroupedWrite(body: body, continuation: continuation, cancellation: cancellation))
      }
    } onCancel: {
      cancellation.isCancelled.store(true, ordering: .relaxed)
    }
  }

  private func enqueue(_ write: any WaitingWrite) {
    let startsRunning = state.withLock { state in
      state.waiting.append(write)
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if startsRunning { scheduleNext() }
  }

  // Each group is a separate entry in the pool's queue, so that other writes such as imports get
  // their turn.
  private func scheduleNext() {
    pool.asyncWriteWithoutTransaction { [self] db in
      if state.withLock(\.isStillGathering) { usleep(Self.gatheringMicroseconds) }
      let group = state.withLock { state in
        let group = Array(state.waiting.prefix(Self.largestGroup))
        state.waiting.removeFirst(group.count)
        state.lastGroupCount = group.count
        return group
      }
      commit(group, db)
      let hasMore = state.withLock { state in
        state.lastGroupEnd = ContinuousClock.now
        state.isRunning = !state.waiting.isEmpty
        return state.isRunning
      }
      if hasMore { scheduleNext() }
    }
  }

  private func commit(_ group: [any WaitingWrite], _ db: Database) {
    do {
      if let failure = syncer.failure { throw failure }
      let failures: [Int: any Error]
      do {
        failures = try run(group, db) { write, db in try self.performPlainly(write, db) }
      } catch is PartialWriteError {
        failures = try run(group, db) { write, db in try self.performInSavepoint(write, db) }
      }
      syncer.whenSynced { failure in
        for (index, write) in group.enumerated() {
          if let failure = failures[index] ?? failure {
            write.fail(failure)
          } else {
            write.acknowledge()
          }
        }
      }
    } catch {
      // The transaction failed as a whole: nothing of the group is stored.
      for write in group { write.fail(error) }
    }
  }

  /// Runs a group in one transaction and returns the errors of the writes that failed individually.
  private func run(
    _ group: [any WaitingWrite], _ db: Database,
    _ perform: (any WaitingWrite, Database) throws -> Void
  ) throws -> [Int: any Error] {
    var failures: [Int: any Error] = [:]
    do {
      try db.inTransaction(.immediate) {
        try cache.refresh(db)
        for (index, write) in group.enumerated() {
          do {
            try perform(write, db)
          } catch let error as PartialWriteError {
            throw error
          } catch {
            cache.forget()
            // On a full disk, SQLite rolls back the whole transaction automatically.
            if !db.isInsideTransaction { throw error }
            failures[index] = error
          }
        }
        return .commit
      }
    } catch {
      cache.forget()
      throw error
    }
    return failures
  }

  private struct PartialWriteError: Error {}

  private func performPlainly(_ write: any WaitingWrite, _ db: Database) throws {
    let changes = db.totalChangesCount
    do {
      try write.perform(db, cache)
    } catch {
      if db.isInsideTransaction, db.totalChangesCount != changes { throw PartialWriteError() }
      throw error
    }
  }

  private func performInSavepoint(_ write: any WaitingWrite, _ db: Database) throws {
    try db.execute(sql: "SAVEPOINT request")
    do {
      try write.perform(db, cache)
    } catch {
      if db.isInsideTransaction {
        try db.execute(sql: "ROLLBACK TO request; RELEASE request")
      }
      throw error
    }
    try db.execute(sql: "RELEASE request")
  }
}

private final class Cancellation: Sendable {
  let isCancelled = Atomic(false)
}

private protocol WaitingWrite: Sendable {
  func perform(_ db: Database, _ cache: WriterCache) throws
  func acknowledge()
  func fail(_ error: any Error)
}

private final class GroupedWrite<Value: Sendable>: WaitingWrite {
  private let body: @Sendable (Database, WriterCache) throws -> Value
  private let continuation: CheckedContinuation<Value, any Error>
  private let cancellation: Cancellation
  private let value = Mutex<Value?>(nil)

  init(
    body: @escaping @Sendable (Database, WriterCache) throws -> Value,
    continuation: CheckedContinuation<Value, any Error>, cancellation: Cancellation
  ) {
    self.body = body
    self.continuation = continuation
    self.cancellation = cancellation
  }

  func perform(_ db: Database, _ cache: WriterCache) throws {
    if cancellation.isCancelled.load(ordering: .relaxed) { throw CancellationError() }
    let value = try body(db, cache)
    self.value.withLock { $0 = value }
  }

  func acknowledge() {
    guard let value = value.withLock({ $0 }) else {
      return fail(CancellationError())
    }
    continuation.resume(returning: value)
  }

  func fail(_ error: any Error) {
    continuation.resume(throwing: error)
  }
}
