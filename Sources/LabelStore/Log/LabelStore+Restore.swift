import Foundation
import Foundations
import GRDB
import PreferenceData

extension LabelStore {
  /// Puts a backup in the place of a store that no server has open; checks it first.
  ///
  /// A file that is no store of Plumbline, one without people, and one with a foreign trigger, table
  /// or view are refused, as is one that differs from its own log.
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
    // What a store copied by hand holds beside it belongs to it.
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
      // People know the file by the name that they gave.
      throw LabelStoreError.unopenable(path: backup, reason: reason)
    } catch LabelStoreError.newerSchema {
      throw LabelStoreError.newerSchema(path: backup)
    }
    guard try ReservedName.take(path) else { throw LabelStoreError.fileExists(path) }
    do {
      try AtomicFile.move(temporary, to: path)
    } catch {
      ReservedName.giveBack(path)
      throw error
    }
  }

  // Before the file is opened as a store, which would make one out of an empty file.
  private static func checkIsStore(_ path: String) throws {
    let queue = try DatabaseQueue(path: path)
    defer { try? queue.close() }
    let reason: String? = try queue.read { db in
      guard try db.tableExists("grdb_migrations"), try db.tableExists("person"),
        let first = Migrations.all.migrations.first,
        try Migrations.all.appliedIdentifiers(db).contains(first)
      else { return "it is no store of Plumbline" }
      if try Int.fetchOne(db, sql: "SELECT count(*) FROM person") == 0 {
        return "nobody is in it, so nobody could sign in"
      }
      return nil
    }
    if let reason { throw LabelStoreError.unopenable(path: path, reason: reason) }
  }

  // Moves what lies in the write-ahead log into the file, which is moved alone.
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
