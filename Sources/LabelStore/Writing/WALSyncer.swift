import Foundation
import GRDB
import Synchronization

/// Makes commits durable: syncs the write-ahead log to the disk, once for all who wait for it.
///
/// With `synchronous = FULL` SQLite does the same inside each commit, and the thread that writes
/// waits for the disk. Here it writes on meanwhile. Nothing may be acknowledged before a sync that
/// began after its commit has ended.
final class WALSyncer: Sendable {
  /// Syncs the data of a file; returns zero, or sets `errno`, as `fdatasync` does.
  typealias Sync = @Sendable (_ descriptor: Int32) -> Int32

  private typealias Waiting = @Sendable ((any Error)?) -> Void

  private struct State {
    var waiting: [Waiting] = []
    var isSyncing = false
    var failure: DatabaseError?
  }

  private let descriptor: Int32
  private let fileSync: Sync
  private let queue = DispatchQueue(label: "plumbline.log-syncer", qos: .userInitiated)
  private let state = Mutex(State())

  /// Opens the log of a store that is open and in WAL mode. It stays the same file until the last
  /// connection is closed; its directory entry is synced by SQLite, with the log's header.
  init(path: String, fileSync: @escaping Sync) throws {
    descriptor = open(path + "-wal", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw LabelStoreError.unopenable(
        path: path + "-wal", reason: String(cString: strerror(errno)))
    }
    self.fileSync = fileSync
  }

  deinit {
    close(descriptor)
  }

  /// What the disk refused, if it did. After that the log may have a hole, which no later sync
  /// mends: nothing is acknowledged any more until the store is opened anew.
  var failure: DatabaseError? { state.withLock(\.failure) }

  /// Calls `then` once all that was committed before is on the disk, or with the error.
  func whenSynced(_ then: @escaping @Sendable ((any Error)?) -> Void) {
    let startsSyncing = state.withLock { state in
      state.waiting.append(then)
      defer { state.isSyncing = true }
      return !state.isSyncing
    }
    if startsSyncing { queue.async { self.syncAll() } }
  }

  /// Returns once all that was committed before is on the disk.
  func sync() async throws {
    try await withCheckedThrowingContinuation {
      (continuation: CheckedContinuation<Void, any Error>) in
      whenSynced { error in
        if let error { continuation.resume(throwing: error) } else { continuation.resume() }
      }
    }
  }

  private func syncAll() {
    while true {
      let waiting = state.withLock { state in
        defer { state.waiting = [] }
        state.isSyncing = !state.waiting.isEmpty
        return state.waiting
      }
      if waiting.isEmpty { return }
      let failure = failure ?? syncOnce()
      for then in waiting { then(failure) }
    }
  }

  private func syncOnce() -> DatabaseError? {
    if fileSync(descriptor) == 0 { return nil }
    let failure = DatabaseError(
      resultCode: .SQLITE_IOERR_FSYNC,
      message: """
        the disk did not keep what was written (\(String(cString: strerror(errno)))). Nothing is \
        stored any more until the program is started again; look at the disk first.
        """)
    state.withLock { $0.failure = failure }
    return failure
  }
}
