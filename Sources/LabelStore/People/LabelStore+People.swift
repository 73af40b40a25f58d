import Foundation
import GRDB
import Labelling
import PreferenceData

extension LabelStore {
  /// Adds a person; throws `LabelStoreError.badName`, or `nameTaken` for one that looks the same.
  public func addPerson(
    named name: String, role: Person.Role, by actor: PersonID? = nil
  ) async throws -> Person {
    let now = now
    let chosen = try PersonName(checking: name)
    let name = chosen.text
    return try await write { db in
      if try chosen.isTaken(db) { throw LabelStoreError.nameTaken(name) }
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

  /// Returns the person of a name, whatever its case and however its letters are composed, or nil.
  public func person(named name: String) async throws -> Person? {
    // As it was written first: names from before there were rules stay as they are.
    let spellings = [name] + ((try? PersonName(name)).map { [$0.text] } ?? [])
    return try await read { db in
      for spelling in spellings {
        let found = try Person.fetchOne(
          db, sql: "SELECT * FROM person WHERE name = ?", arguments: [spelling])
        if let found { return found }
      }
      return nil
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

  /// Renames a person; throws `LabelStoreError.badName` or `nameTaken`.
  public func rename(_ id: PersonID, to name: String, by actor: PersonID?) async throws {
    let now = now
    // A name that was there before there were rules may stay.
    if try await person(id).name == name { return }
    let chosen = try PersonName(checking: name)
    let name = chosen.text
    try await write { db in
      if try chosen.isTaken(db, except: id) { throw LabelStoreError.nameTaken(name) }
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

extension PersonName {
  /// Reads an entered name; throws `LabelStoreError.badName`.
  public init(checking entered: String) throws(LabelStoreError) {
    do {
      try self.init(entered)
    } catch {
      throw .badName(error)
    }
  }

  /// Whether someone has this name or one that looks like it.
  func isTaken(_ db: Database, except person: PersonID? = nil) throws -> Bool {
    let names = try Row.fetchCursor(db, sql: "SELECT id, name FROM person")
    while let row = try names.next() {
      if row["id"] != person, Self.likeness(of: row["name"]) == likeness { return true }
    }
    return false
  }
}
