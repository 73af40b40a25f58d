import Foundation
import GRDB

/// A user of the store.
public struct Person: Sendable, Hashable {
  /// A person's permissions, as a role.
  public enum Role: String, Sendable, Hashable, Codable, CaseIterable, DatabaseValueConvertible {
    case labeller, reviewer, admin
  }

  public var id: PersonID
  public var name: String
  public var role: Role
  public var hasPassword: Bool
  /// The language that the person chose for the interface: a tag such as zh-Hans.
  public var language: String?
  public var createdAt: Date
  public var disabledAt: Date?
  /// Whether this is a judge of an imported file, who can never sign in.
  public var isExternal: Bool

  public var isDisabled: Bool { disabledAt != nil }
}

extension Person: FetchableRecord {
  public init(row: Row) throws {
    id = row["id"]
    name = row["name"]
    role = row["role"]
    hasPassword = row["passwordHash"] != nil
    language = row["language"]
    createdAt = Date(milliseconds: row["createdAt"])
    disabledAt = (row["disabledAt"] as Int64?).map(Date.init(milliseconds:))
    isExternal = row["isExternal"]
  }

  static func find(_ db: Database, _ id: PersonID) throws -> Person {
    let found = try Person.fetchOne(
      db.cachedStatement(sql: "SELECT * FROM person WHERE id = ?"), arguments: [id])
    guard let found else { throw LabelStoreError.notFound(kind: "person", name: "\(id)") }
    return found
  }

  static func findActive(_ db: Database, _ id: PersonID) throws -> Person {
    let person = try find(db, id)
    try person.requireNotExternal()
    if person.isDisabled { throw LabelStoreError.personDisabled(person.name) }
    return person
  }

  /// Throws `LabelStoreError.externalLabeller` for a judge of an imported file.
  func requireNotExternal() throws {
    if isExternal { throw LabelStoreError.externalLabeller(name) }
  }
}
