import Foundation
import GRDB
import Labelling

/// A personal API token without its secret, which only its owner knows.
public struct APIToken: Sendable, Hashable {
  public var id: Int64
  public var name: String
  public var createdAt: Date
}

extension LabelStore {
  /// Stores the hash of a one-time link. Earlier links of the person stop working.
  ///
  /// For a person with a password, the link is a way back after a loss or a theft. It ends their
  /// API tokens at once, and their sessions except the given one.
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

  /// Returns the person a link belongs to, without redeeming it. Throws if it has expired or been
  /// used.
  public func invitee(tokenHash: String) async throws -> Person {
    let now = now
    return try await read { try Self.invitee($0, tokenHash, now) }
  }

  /// Redeems a link and returns the person it belongs to. Throws if it has expired or been used.
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

  /// The number of active API tokens that a person may have.
  public static let tokenLimit = 20

  /// Stores the hash of an API token; throws `LabelStoreError.badTokenName` or `tooManyTokens`.
  @discardableResult
  public func addAPIToken(
    named entered: String, tokenHash: String, person: PersonID
  ) async throws -> APIToken {
    let name = entered.trimmingCharacters(in: .whitespacesAndNewlines)
    guard (1...80).contains(name.count), name.utf8.count <= 400, PlainText.isPlain(name) else {
      throw LabelStoreError.badTokenName
    }
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

  /// Returns the person an API token belongs to, unless it was revoked or the person is disabled.
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

  /// Returns a person's active API tokens.
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

  /// Revokes an API token of a person.
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
