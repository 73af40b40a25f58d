import Foundation
import GRDB
import Synchronization

/// Makes commits durable: syncs the write-ahead log (WAL) to the disk, once for all requests that
/// wait for it.
///
/// With `synchronous = FULL` SQLite does the same inside each commit, and the writing thread waits
/// for the disk. Here the thread continues meanwhile. A commit may be acknowledged only when a sync
/// that began after it has ended.
final class WALSyncer: Sendable {
  /// Syncs the data of a file. Returns zero, or sets `errno`, as `fdatasync` does.
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

  /// Opens the WAL of an open store. The file stays the same until the last connection is closed.
  /// SQLite syncs its directory entry with the header of the WAL.
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

  /// The first error from `fdatasync`, if any. The WAL may then have a gap that a later sync cannot
  /// repair, so the store acknowledges nothing more until it is reopened.
  var failure: DatabaseError? { state.withLock(\.failure) }

  /// Calls `then` when everything that was committed before is on the disk, or with the error.
  func whenSynced(_ then: @escaping @Sendable ((any Error)?) -> Void) {
    let startsSyncing = state.withLock { state in
      state.waiting.append(then)
      defer { state.isSyncing = true }
      return !state.isSyncing
    }
    if startsSyncing { queue.async { self.syncAll() } }
  }

  /// Returns when everything that was committed before is on the disk.
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
