import Foundation
import GRDB

/// Holds a personal token for the API; its secret is known to its owner alone.
public struct APIToken: Sendable, Hashable {
  public var id: Int64
  public var name: String
  public var createdAt: Date
}

extension LabelStore {
  /// Remembers a one-time link; links given to the person before stop working.
  ///
  /// For someone who chose a password before, the link is a way back after a loss or a theft: it ends
  /// their sessions, except the one given, and their API tokens at once.
  public func createInvitation(
    tokenHash: String, person: PersonID, expiresAt: Date, keepingSession kept: String? = nil
  ) async throws {
    let now = now
    try await write { db in
      if try Person.findActive(db, person).hasPassword {
        try Self.endSessions(db, of: person, except: kept)
        try Self.revokeTokens(db, of: person, at: now)
      }
      try db.execute(
        sql: "UPDATE invitation SET expiresAt = ? WHERE personId = ? AND usedAt IS NULL",
        arguments: [now, person])
      try db.execute(
        sql: """
          INSERT INTO invitation (tokenHash, personId, createdAt, expiresAt) VALUES (?, ?, ?, ?)
          """, arguments: [tokenHash, person, now, expiresAt.milliseconds])
    }
  }

  /// Returns whom a link invites, without using it up; throws when it is no longer good.
  public func invitee(tokenHash: String) async throws -> Person {
    let now = now
    return try await read { try Self.invitee($0, tokenHash, now) }
  }

  /// Uses a link up and returns whom it invites; throws when it is no longer good.
  public func redeemInvitation(tokenHash: String) async throws -> Person {
    let now = now
    return try await write { db in
      let person = try Self.invitee(db, tokenHash, now)
      try db.execute(
        sql: "UPDATE invitation SET usedAt = ? WHERE tokenHash = ?", arguments: [now, tokenHash])
      return person
    }
  }

  private static func invitee(_ db: Database, _ tokenHash: String, _ now: Int64) throws -> Person {
    let row = try Row.fetchOne(
      db, sql: "SELECT * FROM invitation WHERE tokenHash = ?", arguments: [tokenHash])
    guard let row else { throw LabelStoreError.linkExpired }
    if (row["usedAt"] as Int64?) != nil { throw LabelStoreError.linkUsed }
    guard row["expiresAt"] > now else { throw LabelStoreError.linkExpired }
    return try Person.findActive(db, row["personId"])
  }

  /// API tokens that a person may have at a time.
  public static let tokenLimit = 20

  /// Remembers an API token by its hash; throws `LabelStoreError.tooManyTokens`.
  @discardableResult
  public func addAPIToken(
    named name: String, tokenHash: String, person: PersonID
  ) async throws -> APIToken {
    let now = now
    return try await write { db in
      _ = try Person.findActive(db, person)
      let count = try Int.fetchOne(
        db, sql: "SELECT count(*) FROM apiToken WHERE personId = ? AND revokedAt IS NULL",
        arguments: [person])
      guard count ?? 0 < Self.tokenLimit else {
        throw LabelStoreError.tooManyTokens(limit: Self.tokenLimit)
      }
      try db.execute(
        sql: "INSERT INTO apiToken (tokenHash, personId, name, createdAt) VALUES (?, ?, ?, ?)",
        arguments: [tokenHash, person, name, now])
      return APIToken(
        id: db.lastInsertedRowID, name: name, createdAt: Date(milliseconds: now))
    }
  }

  /// Returns whose API token this is, unless it was revoked or the person is disabled.
  public func person(apiTokenHash: String) async throws -> Person? {
    try await sessions.person(.token(apiTokenHash), at: now) { [self] in
      try await read { db in
        try Person.fetchOne(
          db.cachedStatement(
            sql: """
              SELECT person.* FROM apiToken JOIN person ON person.id = apiToken.personId
              WHERE tokenHash = ? AND revokedAt IS NULL AND disabledAt IS NULL
              """), arguments: [apiTokenHash]
        ).map { ($0, .max) }
      }
    }
  }

  /// Returns a person's API tokens that still work.
  public func apiTokens(of person: PersonID) async throws -> [APIToken] {
    try await read { db in
      try Row.fetchAll(
        db,
        sql: "SELECT * FROM apiToken WHERE personId = ? AND revokedAt IS NULL ORDER BY id",
        arguments: [person]
      ).map {
        APIToken(
          id: $0["id"], name: $0["name"], createdAt: Date(milliseconds: $0["createdAt"]))
      }
    }
  }

  /// Stops an API token of a person from working.
  public func revokeAPIToken(_ id: Int64, of person: PersonID) async throws {
    let now = now
    try await write { db in
      try db.execute(
        sql: "UPDATE apiToken SET revokedAt = ? WHERE id = ? AND personId = ?",
        arguments: [now, id, person])
    }
  }

  static func endSessions(_ db: Database, of person: PersonID, except kept: String?) throws {
    try db.execute(
      sql: "DELETE FROM session WHERE personId = ? AND tokenHash IS NOT ?",
      arguments: [person, kept])
  }

  static func revokeTokens(_ db: Database, of person: PersonID, at now: Int64) throws {
    try db.execute(
      sql: "UPDATE apiToken SET revokedAt = ? WHERE personId = ? AND revokedAt IS NULL",
      arguments: [now, person])
  }
}
