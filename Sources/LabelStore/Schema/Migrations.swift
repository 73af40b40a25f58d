import GRDB

/// Lists every change of the schema, in order; one that has landed is never edited.
package enum Migrations {
  package static let all: DatabaseMigrator = {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("Create the store") { db in
      try db.execute(sql: peopleSchema)
      try db.execute(sql: taskSchema)
      try db.execute(sql: assignmentSchema)
      try db.execute(sql: assignmentRules)
      try db.execute(sql: judgementSchema)
      try db.execute(sql: logSchema)
      try db.execute(sql: runSchema)
    }
    migrator.registerMigration("Let people choose a language") { db in
      try db.execute(sql: "ALTER TABLE person ADD COLUMN language TEXT")
    }
    migrator.registerMigration("Find the rare events quickly") { db in
      try db.execute(sql: rareEventsIndex)
    }
    migrator.registerMigration("Tell webhooks what happens") { db in
      try db.execute(sql: webhookSchema)
    }
    migrator.registerMigration("Find texts by their words") { db in
      try db.execute(sql: searchSchema)
    }
    migrator.registerMigration("Give prompts by language, tag and priority, and mix in gold") {
      db in
      try db.execute(sql: distributionSchema)
      try db.execute(sql: distributionRules)
    }
    migrator.registerMigration("Import in short transactions") { db in
      try db.execute(sql: importSchema)
    }
    migrator.registerMigration("Decide where labellers disagree") { db in
      try db.execute(sql: reviewSchema)
      try fillDisagreements(db)
    }
    migrator.registerMigration("Keep answers of a prompt together, and fewer indices") { db in
      try leanSchema(db)
    }
    migrator.registerMigration("Ask less for each judgement") { db in
      try briefSchema(db)
    }
    migrator.registerMigration("Seal what the log did not cover") { db in
      try sealSchema(db)
    }
    return migrator
  }()
}
