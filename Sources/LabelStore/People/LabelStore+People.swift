import Foundation
import GRDB
import PreferenceData

extension LabelStore {
  /// Adds a person; throws `LabelStoreError.nameTaken`.
  public func addPerson(
    named name: String, role: Person.Role, by actor: PersonID? = nil
  ) async throws -> Person {
    let now = now
    return try await write { db in
      if try Person.fetchOne(db, sql: "SELECT * FROM person WHERE name = ?", arguments: [name])
        != nil
      {
        throw LabelStoreError.nameTaken(name)
      }
      try db.execute(
        sql: "INSERT INTO person (name, role, createdAt) VALUES (?, ?, ?)",
        arguments: [name, role, now])
      let id = PersonID(rawValue: db.lastInsertedRowID)
      try EventLog.append(
        db, .personAdded, by: actor, at: now,
        ["id": .integer(Int(id.rawValue)), "name": .string(name), "role": .string(role.rawValue)])
      return try Person.find(db, id)
    }
  }

  /// Returns everyone, by name.
  public func people() async throws -> [Person] {
    try await read { try Person.fetchAll($0, sql: "SELECT * FROM person ORDER BY name") }
  }

  /// Returns a person; throws `LabelStoreError.notFound`.
  public func person(_ id: PersonID) async throws -> Person {
    try await read { try Person.find($0, id) }
  }

  /// Returns the person of a name, whatever its case, or nil.
  public func person(named name: String) async throws -> Person? {
    try await read {
      try Person.fetchOne($0, sql: "SELECT * FROM person WHERE name = ?", arguments: [name])
    }
  }

  /// Returns the stored password hash of a person who may sign in, or nil.
  public func passwordHash(of id: PersonID) async throws -> String? {
    try await read {
      try String.fetchOne(
        $0, sql: "SELECT passwordHash FROM person WHERE id = ? AND disabledAt IS NULL",
        arguments: [id])
    }
  }

  /// Stores a password hash and ends the person's sessions, except the one given.
  ///
  /// A new password in the place of an old one revokes the person's API tokens, too.
  public func setPasswordHash(
    _ hash: String, of id: PersonID, keepingSession tokenHash: String? = nil
  ) async throws {
    let now = now
    try await write { db in
      if try Person.find(db, id).hasPassword { try Self.revokeTokens(db, of: id, at: now) }
      try db.execute(
        sql: "UPDATE person SET passwordHash = ? WHERE id = ?", arguments: [hash, id])
      try Self.endSessions(db, of: id, except: tokenHash)
      try Self.logChange(db, of: id, by: id, at: now, "password")
    }
  }

  /// Puts a stronger hash of the same password in the place of an older one; sessions go on.
  public func strengthenPasswordHash(
    of id: PersonID, from old: String, to new: String
  ) async throws {
    try await write { db in
      try db.execute(
        sql: "UPDATE person SET passwordHash = ? WHERE id = ? AND passwordHash = ?",
        arguments: [new, id, old])
    }
  }

  /// Renames a person; throws `LabelStoreError.nameTaken`.
  public func rename(_ id: PersonID, to name: String, by actor: PersonID?) async throws {
    let now = now
    try await write { db in
      let other = try PersonID.fetchOne(
        db, sql: "SELECT id FROM person WHERE name = ? AND id <> ?", arguments: [name, id])
      if other != nil { throw LabelStoreError.nameTaken(name) }
      if try Person.find(db, id).name == name { return }
      try db.execute(sql: "UPDATE person SET name = ? WHERE id = ?", arguments: [name, id])
      try Self.logChange(db, of: id, by: actor, at: now, "name \(name)")
    }
  }

  /// Remembers the language a person reads.
  public func setLanguage(_ language: String, of id: PersonID) async throws {
    try await write { db in
      try db.execute(
        sql: "UPDATE person SET language = ? WHERE id = ?", arguments: [language, id])
    }
  }

  /// Changes what a person may do.
  public func setRole(_ role: Person.Role, of id: PersonID, by actor: PersonID?) async throws {
    let now = now
    try await write { db in
      try db.execute(sql: "UPDATE person SET role = ? WHERE id = ?", arguments: [role, id])
      try Self.logChange(db, of: id, by: actor, at: now, "role \(role.rawValue)")
    }
  }

  /// Locks a person out: sessions, links and tokens end for good, live leases return.
  public func disable(_ id: PersonID, by actor: PersonID?) async throws {
    let now = now
    try await write { db in
      try db.execute(
        sql: "UPDATE person SET disabledAt = ? WHERE id = ? AND disabledAt IS NULL",
        arguments: [now, id])
      try db.execute(sql: "DELETE FROM session WHERE personId = ?", arguments: [id])
      try db.execute(
        sql: "UPDATE apiToken SET revokedAt = ? WHERE personId = ? AND revokedAt IS NULL",
        arguments: [now, id])
      try db.execute(
        sql: "UPDATE invitation SET expiresAt = min(expiresAt, ?) WHERE personId = ?",
        arguments: [now, id])
      try db.execute(
        sql: """
          UPDATE assignment SET state = 'returned', slot = NULL, endedAt = ?
          WHERE labellerId = ? AND state = 'leased'
          """, arguments: [now, id])
      try Self.logChange(db, of: id, by: actor, at: now, "disabled")
    }
  }

  /// Lets a disabled person in again.
  public func enable(_ id: PersonID, by actor: PersonID?) async throws {
    let now = now
    try await write { db in
      try db.execute(sql: "UPDATE person SET disabledAt = NULL WHERE id = ?", arguments: [id])
      try Self.logChange(db, of: id, by: actor, at: now, "enabled")
    }
  }

  private static func logChange(
    _ db: Database, of id: PersonID, by actor: PersonID?, at now: Int64, _ change: String
  ) throws {
    _ = try Person.find(db, id)
    try EventLog.append(
      db, .personChanged, by: actor, at: now,
      ["id": .integer(Int(id.rawValue)), "change": .string(change)])
  }
}
