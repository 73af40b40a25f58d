import Foundation
import GRDB
import Synchronization

/// Commits the transactions of many requests together: one sync of the disk for all of them.
///
/// One that fails leaves the others; none is acknowledged before the commit of the whole group is
/// synced. While one group is synced the next is written, and the one after that gathers: a lone
/// request waits for nobody and a crowd shares the cost of the disk.
///
/// Nearly all that fail do so before they changed anything, so a group first runs without
/// savepoints, which would cost a copy of every page for each request. When one fails after a
/// change, the group is rolled back and runs again, each in a savepoint of its own.
final class GroupWriter: Sendable {
  /// More than this in one group would make the first wait long for the last.
  static let largestGroup = 128

  /// A crowd is as large as this: then a group that has hardly gathered waits for more of it, since
  /// each commit costs as much for one as for many.
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
  private let syncer: LogSyncer
  private let memory: WriterMemory
  private let state = Mutex(State())

  init(pool: DatabasePool, syncer: LogSyncer, signIns: SessionCache) {
    self.pool = pool
    self.syncer = syncer
    memory = WriterMemory(signIns: signIns)
  }

  /// Forgets what the writer remembers: other code wrote to the store.
  func forget() {
    memory.isStale.store(true, ordering: .releasing)
  }

  /// Runs `body` in the next group and returns its value once that is synced.
  ///
  /// A task that is cancelled before its turn throws `CancellationError` and writes nothing.
  func run<Value: Sendable>(
    _ body: @escaping @Sendable (Database, WriterMemory) throws -> Value
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

  // Each group is one turn on the pool's own queue, so that imports and the like get theirs.
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
      } catch is HalfDone {
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
      // The transaction did not come about: nothing of the group is stored.
      for write in group { write.fail(error) }
    }
  }

  /// Runs a group in one synced transaction and returns the errors of those that failed alone.
  private func run(
    _ group: [any WaitingWrite], _ db: Database,
    _ perform: (any WaitingWrite, Database) throws -> Void
  ) throws -> [Int: any Error] {
    var failures: [Int: any Error] = [:]
    do {
      try db.inTransaction(.immediate) {
        try memory.refresh(db)
        for (index, write) in group.enumerated() {
          do {
            try perform(write, db)
          } catch let error as HalfDone {
            throw error
          } catch {
            memory.forget()
            // A full disk makes SQLite roll back the whole transaction by itself.
            if !db.isInsideTransaction { throw error }
            failures[index] = error
          }
        }
        return .commit
      }
    } catch {
      memory.forget()
      throw error
    }
    return failures
  }

  private struct HalfDone: Error {}

  private func performPlainly(_ write: any WaitingWrite, _ db: Database) throws {
    let changes = db.totalChangesCount
    do {
      try write.perform(db, memory)
    } catch {
      if db.isInsideTransaction, db.totalChangesCount != changes { throw HalfDone() }
      throw error
    }
  }

  private func performInSavepoint(_ write: any WaitingWrite, _ db: Database) throws {
    try db.execute(sql: "SAVEPOINT request")
    do {
      try write.perform(db, memory)
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
  func perform(_ db: Database, _ memory: WriterMemory) throws
  func acknowledge()
  func fail(_ error: any Error)
}

private final class GroupedWrite<Value: Sendable>: WaitingWrite {
  private let body: @Sendable (Database, WriterMemory) throws -> Value
  private let continuation: CheckedContinuation<Value, any Error>
  private let cancellation: Cancellation
  private let value = Mutex<Value?>(nil)

  init(
    body: @escaping @Sendable (Database, WriterMemory) throws -> Value,
    continuation: CheckedContinuation<Value, any Error>, cancellation: Cancellation
  ) {
    self.body = body
    self.continuation = continuation
    self.cancellation = cancellation
  }

  func perform(_ db: Database, _ memory: WriterMemory) throws {
    if cancellation.isCancelled.load(ordering: .relaxed) { throw CancellationError() }
    let value = try body(db, memory)
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
