import Foundation
import Foundations
import GRDB
import PreferenceData

extension LabelStore {
  /// Restores a backup to a path where there is no store, after checking it.
  ///
  /// Refuses a file that is not a store of Plumbline, has no people, has a foreign trigger, table
  /// or view, or differs from its own event log.
  public static func restore(
    from backup: String, to path: String, expecting heads: [String] = []
  ) async throws {
    if FileManager.default.fileExists(atPath: path) { throw LabelStoreError.fileExists(path) }
    guard FileManager.default.fileExists(atPath: backup) else {
      throw LabelStoreError.unopenable(path: backup, reason: "there is no such file")
    }
    let temporary = "\(path).\(UUID().uuidString.prefix(8)).restoring"
    defer { for suffix in ["", "-journal", "-wal", "-shm"] { unlink(temporary + suffix) } }
    try FileManager.default.copyItem(atPath: backup, toPath: temporary)
    // A store that was copied by hand may have its latest commits in this file.
    if FileManager.default.fileExists(atPath: backup + "-wal") {
      try FileManager.default.copyItem(atPath: backup + "-wal", toPath: temporary + "-wal")
    }
    do {
      try checkIsStore(temporary)
      let store = try LabelStore.open(path: temporary)
      let report: VerificationReport
      do {
        report = try await store.verify(expecting: heads)
        try store.close()
      } catch {
        try? store.close()
        throw error
      }
      if let problem = report.problems.first {
        throw LabelStoreError.unopenable(path: backup, reason: problem.trimmingFullStop)
      }
      try leaveLog(of: temporary)
    } catch let error as DatabaseError {
      throw LabelStoreError.unopenable(path: backup, reason: error.shortReason)
    } catch LabelStoreError.unopenable(temporary, let reason) {
      // Report the path that the caller gave.
      throw LabelStoreError.unopenable(path: backup, reason: reason)
    } catch LabelStoreError.newerSchema {
      throw LabelStoreError.newerSchema(path: backup)
    } catch LabelStoreError.olderSchema {
      throw LabelStoreError.olderSchema(path: backup)
    }
    guard try ReservedName.take(path) else { throw LabelStoreError.fileExists(path) }
    do {
      try AtomicFile.move(temporary, to: path)
    } catch {
      ReservedName.giveBack(path)
      throw error
    }
  }

  // Checks the file before it is opened as a store, because opening an empty file creates a store.
  private static func checkIsStore(_ path: String) throws {
    let queue = try DatabaseQueue(path: path)
    defer { try? queue.close() }
    let reason: String? = try queue.read { db in
      guard try Migrations.isStore(db), try db.tableExists("person") else {
        return "it is not a store of Plumbline"
      }
      if try Int.fetchOne(db, sql: "SELECT count(*) FROM person") == 0 {
        return "nobody is in it, so nobody could sign in"
      }
      return nil
    }
    if let reason { throw LabelStoreError.unopenable(path: path, reason: reason) }
  }

  // Moves the contents of the write-ahead log into the file, because only the file is moved.
  private static func leaveLog(of path: String) throws {
    let queue = try DatabaseQueue(path: path)
    try queue.writeWithoutTransaction { db in
      let row = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
      guard row?[0] == 0 else {
        throw LabelStoreError.unopenable(path: path, reason: "another program has it open")
      }
      try db.execute(sql: "PRAGMA journal_mode = DELETE")
    }
    try queue.close()
  }
}

extension DatabaseError {
  fileprivate var shortReason: String { message ?? resultCode.description }
}

extension String {
  fileprivate var trimmingFullStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
