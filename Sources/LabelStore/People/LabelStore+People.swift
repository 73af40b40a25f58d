import Foundation
import GRDB
import Labelling
import PreferenceData

extension LabelStore {
  /// Adds a person. Throws `LabelStoreError.badName`, or `nameTaken` if a name looks the same.
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

  /// Returns all people, by name.
  public func people() async throws -> [Person] {
    try await read { try Person.fetchAll($0, sql: "SELECT * FROM person ORDER BY name") }
  }

  /// Returns a person. Throws `LabelStoreError.notFound`.
  public func person(_ id: PersonID) async throws -> Person {
    try await read { try Person.find($0, id) }
  }

  /// Returns the person with a name, in any case and Unicode composition, or nil.
  public func person(named name: String) async throws -> Person? {
    // The exact spelling first: names that are older than the rules stay as they are.
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

  /// Stores a password hash and ends the person's sessions, except the given one.
  ///
  /// A password that replaces another also revokes the person's API tokens.
  public func setPasswordHash(
    _ hash: String, of id: PersonID, keepingSession tokenHash: String? = nil
  ) async throws {
    let now = now
    try await write { db in
      let person = try Person.find(db, id)
      try person.requireNotExternal()
      if person.hasPassword { try Self.revokeTokens(db, of: id, at: now) }
      try db.execute(
        sql: "UPDATE person SET passwordHash = ? WHERE id = ?", arguments: [hash, id])
      try Self.endSessions(db, of: id, except: tokenHash)
      try Self.logChange(db, of: id, by: id, at: now, "password")
    }
  }

  /// Replaces a password hash by a stronger one of the same password. Sessions continue.
  public func strengthenPasswordHash(
    of id: PersonID, from old: String, to new: String
  ) async throws {
    try await write { db in
      try db.execute(
        sql: "UPDATE person SET passwordHash = ? WHERE id = ? AND passwordHash = ?",
        arguments: [new, id, old])
    }
  }

  /// Renames a person. Throws `LabelStoreError.badName` or `nameTaken`.
  public func rename(_ id: PersonID, to entered: String, by actor: PersonID?) async throws {
    let now = now
    try await write { db in
      let current = try Person.find(db, id).name
      // A name that is older than the rules may stay.
      if current == entered { return }
      let chosen = try PersonName(checking: entered)
      let name = chosen.text
      if try chosen.isTaken(db, except: id) { throw LabelStoreError.nameTaken(name) }
      if current == name { return }
      try db.execute(sql: "UPDATE person SET name = ? WHERE id = ?", arguments: [name, id])
      try Self.logChange(db, of: id, by: actor, at: now, "name \(name)")
    }
  }

  /// Stores the language that a person chose for the interface.
  public func setLanguage(_ language: String, of id: PersonID) async throws {
    try await write { db in
      try db.execute(
        sql: "UPDATE person SET language = ? WHERE id = ?", arguments: [language, id])
    }
  }

  static func logChange(
    _ db: Database, of id: PersonID, by actor: PersonID?, at now: Int64, _ change: String
  ) throws {
    _ = try Person.find(db, id)
    try EventLog.append(
      db, .personChanged, by: actor, at: now,
      ["id": .integer(Int(id.rawValue)), "change": .string(change)])
  }
}

extension PersonName {
  /// Reads an entered name. Throws `LabelStoreError.badName`.
  public init(checking entered: String) throws(LabelStoreError) {
    do {
      try self.init(entered)
    } catch {
      throw .badName(error)
    }
  }

  /// Returns whether a person has this name or one that looks the same.
  func isTaken(_ db: Database, except person: PersonID? = nil) throws -> Bool {
    let names = try Row.fetchCursor(db, sql: "SELECT id, name FROM person")
    while let row = try names.next() {
      if row["id"] != person, Self.likeness(of: row["name"]) == likeness { return true }
    }
    return false
  }
}
