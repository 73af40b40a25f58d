import CSQLite
import GRDB
import Synchronization

/// Moves what was committed from the write-ahead log into the store's file, beside the writer.
///
/// SQLite by itself does it all on the thread that commits, for which labellers wait. Here a
/// connection of its own takes over most of the pages while the log grows; the writer does the
/// little that is left when the log is long enough to begin anew.
final class Checkpointer: Sendable {
  /// Pages that the log grows by before the next part of it is moved.
  static let partLength = 1_000
  /// Pages after which the writer moves what is left. The longer the log, the fewer times a page
  /// that many change is moved, and the longer a crash takes to recover from.
  static let logLength = 8_000

  private struct State {
    /// How long the log was when the last part of it was moved.
    var moved = 0
    var isMoving = false
  }

  private let pool: DatabasePool
  private let syncer: WALSyncer
  private let queue: DatabaseQueue
  private let state = Mutex(State())
  private let isWatching = Atomic(true)

  /// Watches the commits of a pool, until `close`.
  init(path: String, pool: DatabasePool, syncer: WALSyncer) throws {
    self.pool = pool
    self.syncer = syncer
    var configuration = Configuration()
    configuration.busyMode = .immediateError
    queue = try DatabaseQueue(path: path, configuration: configuration)
    // SQLite's own way is such a hook too, and this one replaces it.
    pool.writeWithoutTransaction { db in
      _ = sqlite3_wal_hook(
        db.sqliteConnection,
        { context, connection, _, length in
          guard let context else { return SQLITE_OK }
          let checkpointer = Unmanaged<Checkpointer>.fromOpaque(context).takeUnretainedValue()
          checkpointer.logGrew(to: Int(length), connection)
          return SQLITE_OK
        }, Unmanaged.passUnretained(self).toOpaque())
    }
  }

  /// Stops watching and ends what is under way. The pool is to be closed after it.
  func close() throws {
    if isWatching.exchange(false, ordering: .relaxed) {
      // SQLite's own hook takes the place of ours.
      pool.unsafeReentrantWrite {
        _ = sqlite3_wal_autocheckpoint($0.sqliteConnection, Int32(Self.logLength))
      }
    }
    try queue.close()
  }

  private enum Step {
    case none, part, rest
  }

  // Called by the writer's thread alone. A part and the rest are never moved at the same time, and no
  // part begins once the log is long enough for the rest: were a part to begin just when all is moved
  // and a writer begins the log anew, SQLite before 3.51.3 can take new pages for moved ones
  // (https://sqlite.org/wal.html#walresetbug).
  private func logGrew(to length: Int, _ writer: OpaquePointer?) {
    // A log that the disk did not keep may have a hole; it must not get into the file.
    if syncer.failure != nil { return }
    let step = state.withLock { state -> Step in
      // It began anew.
      if length < state.moved { state.moved = 0 }
      if state.isMoving { return .none }
      if length >= Self.logLength { return .rest }
      guard length - state.moved >= Self.partLength else { return .none }
      state.moved = length
      state.isMoving = true
      return .part
    }
    switch step {
    case .none: break
    case .rest: sqlite3_wal_checkpoint_v2(writer, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
    case .part:
      queue.asyncWriteWithoutTransaction { [self] db in
        // What fails here, on a full disk for example, is tried again with the next part.
        try? db.execute(sql: "PRAGMA wal_checkpoint(PASSIVE)")
        state.withLock { $0.isMoving = false }
      }
    }
  }
}
