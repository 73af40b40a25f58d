import CSQLite
import GRDB
import Synchronization

/// Copies committed pages from the write-ahead log (WAL) into the store's file, in parallel with
/// the writer.
///
/// SQLite's automatic checkpoint runs on the thread that commits, and labellers wait for it. Here a
/// separate connection copies most pages while the WAL grows. The writer copies the few that remain
/// when the WAL is long enough to restart.
final class Checkpointer: Sendable {
  /// The number of pages by which the WAL grows before the next part is copied.
  static let partLength = 1_000
  /// The number of pages after which the writer copies the rest. With a longer WAL, a page that
  /// changes often is copied fewer times, and recovery from a crash takes longer.
  static let logLength = 8_000

  private struct State {
    /// The length of the WAL when its last part was copied.
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
    // SQLite's automatic checkpoint uses the same hook, which this one replaces.
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

  /// Stops watching and waits for a copy that has begun. Close the pool after it.
  func close() throws {
    if isWatching.exchange(false, ordering: .relaxed) {
      // Installs SQLite's own hook again.
      pool.unsafeReentrantWrite {
        _ = sqlite3_wal_autocheckpoint($0.sqliteConnection, Int32(Self.logLength))
      }
    }
    try queue.close()
  }

  private enum Step {
    case none, part, rest
  }

  // Called on the writer's thread only. A part and the rest are never copied at the same time, and
  // no part begins when the WAL is long enough for the rest. If a part began when all pages are
  // copied and a writer restarts the WAL, SQLite before 3.51.3 could mistake new pages for copied
  // ones (https://sqlite.org/wal.html#walresetbug).
  private func logGrew(to length: Int, _ writer: OpaquePointer?) {
    // After a failed sync the WAL may have a gap, which must not get into the file.
    if syncer.failure != nil { return }
    let step = state.withLock { state -> Step in
      // The WAL restarted.
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
        // A failure here, for example on a full disk, is retried with the next part.
        try? db.execute(sql: "PRAGMA wal_checkpoint(PASSIVE)")
        state.withLock { $0.isMoving = false }
      }
    }
  }
}
