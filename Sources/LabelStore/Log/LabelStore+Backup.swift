import Foundation
import Foundations
import GRDB
import PreferenceData

extension LabelStore {
  /// Writes a consistent copy of the store while it is in use; refuses to overwrite a file. Returns
  /// the hash of the copy's last event. Noted elsewhere, the hash shows later whether the event log
  /// was cut off or rewritten.
  @discardableResult
  public func backUp(to path: String) async throws -> String {
    guard try ReservedName.take(path) else { throw LabelStoreError.fileExists(path) }
    let temporary = "\(path).\(UUID().uuidString.prefix(8)).part"
    do {
      // A snapshot, so that labellers can write meanwhile.
      let copy = try DatabaseQueue(path: temporary)
      try pool.backup(to: copy)
      let head = try await copy.read(EventLog.head)
      try copy.close()
      try AtomicFile.move(temporary, to: path)
      return head
    } catch {
      for suffix in ["", "-journal", "-wal", "-shm"] { unlink(temporary + suffix) }
      ReservedName.giveBack(path)
      if let error = error as? DatabaseError, error.resultCode == .SQLITE_FULL {
        throw LabelStoreError.diskFull
      }
      throw error
    }
  }

  /// Records in the event log that a copy was made.
  public func recordBackup(
    named name: String, bytes: Int64, head: String, by actor: PersonID?
  ) async throws {
    let now = now
    try await write { db in
      try EventLog.append(
        db, .backupMade, by: actor, at: now,
        ["name": .string(name), "bytes": .integer(Int(bytes)), "head": .string(head)])
    }
  }
}
