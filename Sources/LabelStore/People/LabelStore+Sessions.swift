import Foundation
import GRDB

/// A session that has not ended.
public struct Session: Sendable, Hashable {
  public var id: Int64
  /// Identifies the session of a request among the person's others.
  public var tokenHash: String
  public var agent: String
  public var createdAt: Date
  public var expiresAt: Date
}

extension LabelStore {
  /// Stores a session by the hash of its token.
  public func openSession(
    tokenHash: String, person: PersonID, expiresAt: Date, agent: String = ""
  ) async throws {
    let now = now
    try await write { db in
      _ = try Person.findActive(db, person)
      try db.execute(sql: "DELETE FROM session WHERE expiresAt <= ?", arguments: [now])
      try db.execute(
        sql: """
          INSERT INTO session (tokenHash, personId, agent, createdAt, expiresAt)
          VALUES (?, ?, ?, ?, ?)
          """,
        arguments: [
          tokenHash, person, String(agent.prefix(300)), now, expiresAt.milliseconds,
        ])
    }
  }

  /// Returns the person a session belongs to, unless it ended or the person is disabled.
  public func person(sessionHash: String) async throws -> Person? {
    let now = now
    return try await sessions.person(.session(sessionHash), at: now) { [self] in
      try await read { db in
        try Row.fetchOne(
          db.cachedStatement(
            sql: """
              SELECT person.*, expiresAt FROM session JOIN person ON person.id = session.personId
              WHERE tokenHash = ? AND expiresAt > ? AND disabledAt IS NULL
              """), arguments: [sessionHash, now]
        ).map { (try Person(row: $0), $0["expiresAt"]) }
      }
    }
  }

  /// Returns a person's sessions that have not ended, newest first.
  public func sessions(of person: PersonID) async throws -> [Session] {
    let now = now
    return try await read { db in
      try Row.fetchAll(
        db,
        sql: "SELECT * FROM session WHERE personId = ? AND expiresAt > ? ORDER BY id DESC",
        arguments: [person, now]
      ).map { row in
        Session(
          id: row["id"], tokenHash: row["tokenHash"], agent: row["agent"],
          createdAt: Date(milliseconds: row["createdAt"]),
          expiresAt: Date(milliseconds: row["expiresAt"]))
      }
    }
  }

  /// Ends a session of a person.
  public func closeSession(_ id: Int64, of person: PersonID) async throws {
    try await write { db in
      try db.execute(
        sql: "DELETE FROM session WHERE id = ? AND personId = ?", arguments: [id, person])
    }
  }

  /// Ends a session.
  public func closeSession(tokenHash: String) async throws {
    try await write { db in
      try db.execute(sql: "DELETE FROM session WHERE tokenHash = ?", arguments: [tokenHash])
    }
  }
}
