import GRDB
import PreferenceData

/// A change of a person; nil leaves a property as it is.
public struct PersonChange: Sendable, Hashable {
  public var role: Person.Role?
  public var isDisabled: Bool?
  /// The languages of the person's prompts; an inner nil means all languages.
  public var languages: [String]??
  /// The tags of the person's prompts; an inner nil means all tags.
  public var tags: [String]??

  public init(
    role: Person.Role? = nil, isDisabled: Bool? = nil, languages: [String]?? = nil,
    tags: [String]?? = nil
  ) {
    self.role = role
    self.isDisabled = isDisabled
    self.languages = languages
    self.tags = tags
  }

  public static let disabled = PersonChange(isDisabled: true)
  public static let enabled = PersonChange(isDisabled: false)

  public static func role(_ role: Person.Role) -> PersonChange { PersonChange(role: role) }

  public static func promptFilter(_ filter: PromptFilter) -> PersonChange {
    PersonChange(languages: .some(filter.languages), tags: .some(filter.tags))
  }
}

extension LabelStore {
  /// Changes a person in one transaction: all of the change is stored or none.
  ///
  /// Throws `LabelStoreError.notYourself` if the actor would change their own role or disable
  /// themselves. One active admin is therefore always left.
  public func change(
    _ id: PersonID, _ change: PersonChange, by actor: PersonID? = nil
  ) async throws {
    if id == actor, change.role != nil || change.isDisabled != nil {
      throw LabelStoreError.notYourself
    }
    let now = now
    try await write { db in
      try Person.find(db, id).requireNotExternal()
      if let role = change.role {
        try db.execute(sql: "UPDATE person SET role = ? WHERE id = ?", arguments: [role, id])
        try Self.logChange(db, of: id, by: actor, at: now, "role \(role.rawValue)")
      }
      switch change.isDisabled {
      case true: try Self.disable(db, id, by: actor, at: now)
      case false:
        try db.execute(sql: "UPDATE person SET disabledAt = NULL WHERE id = ?", arguments: [id])
        try Self.logChange(db, of: id, by: actor, at: now, "enabled")
      case nil: break
      }
      if change.languages != nil || change.tags != nil {
        var filter = try PromptFilter.of(db, id)
        if let languages = change.languages { filter.languages = languages }
        if let tags = change.tags { filter.tags = tags }
        try filter.save(db, of: id, by: actor, at: now)
      }
    }
  }

  /// Ends a person's sessions, links and tokens, and returns their leases.
  private static func disable(
    _ db: Database, _ id: PersonID, by actor: PersonID?, at now: Int64
  ) throws {
    try db.execute(
      sql: "UPDATE person SET disabledAt = ? WHERE id = ? AND disabledAt IS NULL",
      arguments: [now, id])
    try endSessions(db, of: id, except: nil)
    try revokeTokens(db, of: id, at: now)
    try db.execute(
      sql: "UPDATE invitation SET expiresAt = min(expiresAt, ?) WHERE personId = ?",
      arguments: [now, id])
    try db.execute(
      sql: """
        UPDATE assignment SET state = 'returned', slot = NULL, endedAt = ?
        WHERE labellerId = ? AND state = 'leased'
        """, arguments: [now, id])
    try logChange(db, of: id, by: actor, at: now, "disabled")
  }
}
