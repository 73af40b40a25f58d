import GRDB
import PreferenceData

/// The entries of a labeller that are not submitted yet.
enum Draft {
  /// The number of drafts that are kept per labeller. A further draft replaces the oldest.
  static let countLimit = 50

  static func save(
    _ db: Database, _ draft: JSONValue, of lease: Lease, at now: Int64
  ) throws {
    let body = CanonicalJSON.text(draft)
    try db.cachedStatement(
      sql: "UPDATE draft SET body = ?, savedAt = ? WHERE assignmentId = ?"
    ).execute(arguments: [body, now, lease.id])
    if db.changesCount > 0 { return }
    try db.cachedStatement(
      sql: "INSERT INTO draft (assignmentId, labellerId, body, savedAt) VALUES (?, ?, ?, ?)"
    ).execute(arguments: [lease.id, lease.labellerID, body, now])
    try db.cachedStatement(
      sql: """
        DELETE FROM draft WHERE assignmentId IN (
          SELECT assignmentId FROM draft WHERE labellerId = ?
          ORDER BY savedAt DESC, assignmentId DESC LIMIT -1 OFFSET \(countLimit))
        """
    ).execute(arguments: [lease.labellerID])
  }

  static func remove(_ db: Database, of assignment: AssignmentID) throws {
    try db.cachedStatement(sql: "DELETE FROM draft WHERE assignmentId = ?")
      .execute(arguments: [assignment])
  }
}
