import GRDB

/// The changes of the schema since the first release, in order.
///
/// A new store is created from `schema.sql`, which always states the present schema. An existing
/// store runs the migrations that it lacks.
///
/// To add one:
/// 1. Write `Migrations/NNNN Sentence that says what it does.swift`, with the next number, and a
///    `Migration` whose name is the file's. Enter it in `all`.
/// 2. Make the same change in `schema.sql`. Columns that are added come last in their table, as
///    SQLite places them.
/// 3. Run `swift test --filter MigrationTests`. The tests compare a new store, and an old one after
///    all migrations, with `schema.sql`.
///
/// A migration that was released is never edited, because stores that ran it do not run it again.
package enum Migrations {
  static let all: [Migration] = [.nameColumns, .withdrawImports]

  /// Creates the schema in an empty database, or runs the migrations that a store lacks.
  package static func apply(to writer: some DatabaseWriter, path: String) throws {
    // Writes only where there is something to write: another process may be writing for long.
    if try writer.read(isEmpty) {
      try writer.write { db in
        if try isEmpty(db) { try create(db) }
      }
    }
    try writer.read { try check($0, path: path) }
    try migrator.migrate(writer)
  }

  /// Whether a database has the list of migrations of a store, of whichever version.
  static func isStore(_ db: Database) throws -> Bool {
    try !migrator.appliedIdentifiers(db).isDisjoint(
      with: FirstMigration.merged + [FirstMigration.name])
  }

  private static func isEmpty(_ db: Database) throws -> Bool {
    try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0
  }

  private static func create(_ db: Database) throws {
    try db.execute(sql: Schema.sql)
    for name in migrator.migrations {
      try db.execute(
        sql: "INSERT INTO grdb_migrations (identifier) VALUES (?)", arguments: [name])
    }
  }

  private static func check(_ db: Database, path: String) throws {
    guard try isStore(db) else {
      throw LabelStoreError.unopenable(path: path, reason: "it is not a store of Plumbline")
    }
    let applied = try migrator.appliedIdentifiers(db)
    if !applied.isSubset(of: migrator.migrations + FirstMigration.merged) {
      throw LabelStoreError.newerSchema(path: path)
    }
    if !applied.contains(FirstMigration.name), applied != Set(FirstMigration.merged) {
      throw LabelStoreError.olderSchema(path: path)
    }
  }

  private static let migrator: DatabaseMigrator = {
    var migrator = DatabaseMigrator()
    // Only a store that has all of the merged migrations reaches this one, and they made the schema
    // that the later migrations start from.
    migrator.registerMigration(FirstMigration.name, merging: Set(FirstMigration.merged)) { _, _ in }
    for migration in all {
      migrator.registerMigration(migration.name, migrate: migration.change)
    }
    return migrator
  }()
}

/// A change of the schema, with the conversion of the rows that it affects.
struct Migration: Sendable {
  /// The name of its file.
  let name: String
  let change: @Sendable (Database) throws -> Void
}
