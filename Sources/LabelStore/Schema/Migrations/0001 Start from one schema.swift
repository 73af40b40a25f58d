extension Migrations {
  /// The migration that replaces those before `schema.sql`.
  ///
  /// A store that ran all of them has the schema that the later migrations start from; GRDB replaces
  /// their names by this one. A store that ran only some of them is refused, see
  /// `LabelStoreError.olderSchema`.
  enum FirstMigration {
    static let name = "0001 Start from one schema"

    static let merged = [
      "Create the store",
      "Let people choose a language",
      "Find the rare events quickly",
      "Tell webhooks what happens",
      "Find texts by their words",
      "Give prompts by language, tag and priority, and mix in gold",
      "Import in short transactions",
      "Decide where labellers disagree",
      "Keep answers of a prompt together, and fewer indices",
      "Ask less for each judgement",
      "Keep keys that sign cookies",
      "Seal what the log did not cover",
    ]
  }
}
