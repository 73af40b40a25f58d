import GRDB

/// Compares the schema of a store with the one that the migrations make: a trigger, a view, a table
/// or an index that somebody added or changed could alter data as it is written or read.
enum SchemaCheck {
  private struct Entry: Hashable {
    var kind: String
    var name: String
  }

  static func problems(_ db: Database) throws -> [String] {
    let expected = try DatabaseQueue()
    try Migrations.all.migrate(expected)
    let made = try expected.read(entries)
    let found = try entries(db)
    return Set(made.keys).union(found.keys).sorted { ($0.kind, $0.name) < ($1.kind, $1.name) }
      .compactMap { entry in
        let name = "\(entry.kind) \(entry.name)"
        switch (made[entry], found[entry]) {
        case (nil, _): return "The \(name) is foreign: no version of Plumbline made it."
        case (_, nil): return "The \(name) is missing."
        case (let made?, let found?):
          return made == found ? nil : "The \(name) was changed."
        }
      }
  }

  private static func entries(_ db: Database) throws -> [Entry: String] {
    let rows = try Row.fetchAll(db, sql: "SELECT type, name, tbl_name, sql FROM sqlite_master")
    let searched = rows.filter { ($0["sql"] as String?)?.hasPrefix("CREATE VIRTUAL") == true }
      .map { $0["name"] as String }
    var entries: [Entry: String] = [:]
    for row in rows {
      let name: String = row["name"]
      // Statistics that SQLite itself keeps for its planner.
      if name.hasPrefix("sqlite_stat") { continue }
      // Tables behind a search index are SQLite's own; their text differs between its versions.
      let isBehindIndex = searched.contains { name.hasPrefix($0 + "_") }
      let table: String = row["tbl_name"]
      entries[Entry(kind: row["type"], name: name)] =
        table + "\n" + (isBehindIndex ? "" : (row["sql"] as String? ?? ""))
    }
    return entries
  }
}
