import Foundation
import GRDB
import PreferenceData

extension LabelStore {
  /// Writes a consistent copy of the store while it is in use; refuses to overwrite a file.
  public func backUp(to path: String) async throws {
    if FileManager.default.fileExists(atPath: path) { throw LabelStoreError.fileExists(path) }
    let temporary = path + ".part"
    try? FileManager.default.removeItem(atPath: temporary)
    do {
      // From a snapshot: labellers go on writing meanwhile.
      let copy = try DatabaseQueue(path: temporary)
      try pool.backup(to: copy)
      try copy.close()
      try FileManager.default.moveItem(atPath: temporary, toPath: path)
    } catch {
      try? FileManager.default.removeItem(atPath: temporary)
      if let error = error as? DatabaseError, error.resultCode == .SQLITE_FULL {
        throw LabelStoreError.diskFull
      }
      throw error
    }
  }

  /// Notes in the event log that a copy was made.
  public func recordBackup(
    named name: String, bytes: Int64, by actor: PersonID?
  ) async throws {
    let now = now
    try await write { db in
      try EventLog.append(
        db, .backupMade, by: actor, at: now,
        ["name": .string(name), "bytes": .integer(Int(bytes))])
    }
  }

  /// Puts a backup in the place of a store that no server has open; checks it first.
  public static func restore(from backup: String, to path: String) async throws {
    if FileManager.default.fileExists(atPath: path) { throw LabelStoreError.fileExists(path) }
    guard FileManager.default.fileExists(atPath: backup) else {
      throw LabelStoreError.unopenable(path: backup, reason: "there is no such file")
    }
    let temporary = path + ".restoring"
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: temporary + suffix)
    }
    do {
      try FileManager.default.copyItem(atPath: backup, toPath: temporary)
      let store = try LabelStore.open(path: temporary)
      let report = try await store.verify()
      try store.close()
      if let problem = report.problems.first {
        throw LabelStoreError.unopenable(path: backup, reason: problem)
      }
      try FileManager.default.moveItem(atPath: temporary, toPath: path)
    } catch {
      for suffix in ["", "-wal", "-shm"] {
        try? FileManager.default.removeItem(atPath: temporary + suffix)
      }
      throw error
    }
  }
}
