import Foundation
import GRDB

extension LabelStore {
  /// Returns the stored key with a name. If there is none, stores the given one and returns it.
  public func serverKey(named name: String, otherwise new: Data) async throws -> Data {
    if let key = try await storedKey(name) { return key }
    try await write { db in
      // Another server of this store may have stored one first.
      try db.execute(
        sql: "INSERT OR IGNORE INTO serverKey (name, key) VALUES (?, ?)", arguments: [name, new])
    }
    return try await storedKey(name) ?? new
  }

  private func storedKey(_ name: String) async throws -> Data? {
    try await read {
      try Data.fetchOne($0, sql: "SELECT key FROM serverKey WHERE name = ?", arguments: [name])
    }
  }
}
